// Opens a connection: goes through hosts and ways of encryption as libpq does, until one fits.
import pg from "pg";
import { SkytoolsError } from "../errors/index.ts";
import { Connection } from "./connection.ts";
import { type Conninfo, makeConninfo, mergeConninfo, unknownKeyword } from "./conninfo/conninfo.ts";
import { isKeyword, keywordNames } from "./conninfo/keywords.ts";
import { parseConninfo } from "./conninfo/parse.ts";
import { describeHost, type HostAddress, type Settings, type TargetSessionAttrs } from "./conninfo/settings.ts";
import { type Environment, homeFolder, passwordFor, resolveSettings } from "./conninfo/sources.ts";
import { connectError } from "./connect-error.ts";
import { type Log, noLog } from "./log.ts";
import { toNotice } from "./notice.ts";
import { type OpenedClient, openClient, type SessionFacts } from "./open-client.ts";
import { watchSilence } from "./silence-watch.ts";
import { sqlstate } from "./sqlstates.ts";
import { type Encryption, encryptionOrder } from "./tls.ts";

/** Keywords and values instead of a string; the names are libpq's. */
export type Config = Conninfo;

export interface ConnectOptions {
  /** PG* variables and HOME are looked up here; nothing else is. */
  readonly env: Environment;
  readonly log?: Log;
  /** Used unless the string or PGAPPNAME names one. */
  readonly applicationName?: string;
  /**
   * When nothing came for so long to a statement, the server is asked by a session of its own whether it still works on
   * it; if not, or if it cannot be asked, the connection is given up: CONNECTION_LOST. What role and database say of
   * statement_timeout and the like is set aside. Default: a statement waits for ever, or as long as they say.
   */
  readonly silenceLimitMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** From its abort on, a statement that does not end within a second is cancelled; it ends with ABORTED. */
  readonly stopping?: AbortSignal | undefined;
}

/** For programs that run for long. */
export const DEFAULT_SILENCE_LIMIT_MS = 15_000;

/** Seconds; only where silence has a limit, and nobody gave others. */
const PATIENCE: Conninfo = { connect_timeout: "10", keepalives_idle: "10" };

/** @throws CONNECTION_STRING, SERVICE_FILE, CONNECTION_FAILED, ABORTED */
export async function connect(target: string | Config, options: ConnectOptions): Promise<Connection> {
  const given = typeof target === "string" ? parseConninfo(target) : checkedConfig(target);
  const { silenceLimitMs } = options;
  if (silenceLimitMs === undefined) return await connectTo(given, options);
  const patient = options.env["PGCONNECT_TIMEOUT"] === undefined ? mergeConninfo(given, PATIENCE) : given;
  const connection = await connectTo(patient, options);
  const { host, hostaddr, port } = connection.facts.address;
  const same = { host, port: String(port), ...(hostaddr === null ? {} : { hostaddr }) };
  const { env, log, applicationName = "skytools" } = options;
  const watcher = { env, applicationName: `${applicationName}: watch`, ...(log === undefined ? {} : { log }) };
  try {
    await watchSilence(connection, {
      silenceMs: silenceLimitMs,
      connect: (signal) => connectTo(mergeConninfo(same, patient), { ...watcher, signal }),
    });
    return connection;
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

async function connectTo(given: Conninfo, options: ConnectOptions): Promise<Connection> {
  const { settings, passfile } = resolveSettings(given, options.env);
  const attempts = new Attempts(settings, passfile, options);

  // prefer-standby is two rounds over all hosts: the first takes standbys only.
  const wanted = settings.targetSessionAttrs;
  const rounds: TargetSessionAttrs[] = wanted === "prefer-standby" ? ["standby", "any"] : [wanted];
  for (const round of rounds) {
    for (const address of settings.hosts) {
      const connection = await attempts.host(address, round);
      if (connection !== null) return connection;
    }
  }
  throw attempts.error();
}

function checkedConfig(config: Config): Conninfo {
  for (const name of Object.keys(config)) if (!isKeyword(name)) throw unknownKeyword(name);
  return makeConninfo(
    keywordNames.flatMap((name) => (config[name] === undefined ? [] : [[name, config[name]] as const])),
  );
}

/** The tries of one call of connect(), and why they failed. */
class Attempts {
  readonly #settings: Settings;
  readonly #passfile: string;
  readonly #options: ConnectOptions;
  readonly #failures: SkytoolsError[] = [];

  constructor(settings: Settings, passfile: string, options: ConnectOptions) {
    this.#settings = settings;
    this.#passfile = passfile;
    this.#options = options;
  }

  /** A connection, or null when the next host is to be tried. @throws when no other host can help */
  async host(address: HostAddress, wanted: TargetSessionAttrs): Promise<Connection | null> {
    const log = this.#options.log ?? noLog;
    const password = passwordFor(this.#settings, address, this.#passfile, log);
    let rejected: unknown = null;
    for (const encryption of encryptionOrder(this.#settings.tls.mode, address)) {
      this.#throwIfAborted();
      try {
        const opened = await this.#open(address, encryption, password);
        if (isWanted(opened.facts, wanted)) return this.#connection(opened, address, encryption);
        await opened.client.end();
        this.#failures.push(this.#mismatch(address, wanted));
        return null;
      } catch (error) {
        this.#throwIfAborted();
        if (error instanceof SkytoolsError) throw error;
        this.#failures.push(connectError(error, this.#settings, address, encryption));
        rejected = error;
        if (isUnreachable(error)) return null;
        log.debug({ host: describeHost(address), encryption }, "connection attempt failed");
      }
    }
    // Source: libpq: a server that refuses the login ends the search, except one that is starting or stopping.
    if (rejected instanceof pg.DatabaseError && rejected.code !== sqlstate.cannotConnectNow) throw this.error();
    return null;
  }

  error(): SkytoolsError {
    const first = this.#failures[0];
    if (first !== undefined && this.#failures.every(({ message }) => message === first.message)) return first;
    const last = this.#failures.at(-1);
    return new SkytoolsError("CONNECTION_FAILED", this.#failures.map(({ message }) => message).join("; "), {
      hint: last?.hint,
      cause: new AggregateError(this.#failures),
      details: last?.details,
    });
  }

  async #open(address: HostAddress, encryption: Encryption, password: string | null): Promise<OpenedClient> {
    const { env, log = noLog, applicationName = "skytools", signal } = this.#options;
    return await openClient({
      settings: this.#settings,
      address,
      encryption,
      password,
      home: homeFolder(env),
      applicationName,
      signal,
      onNotice: (notice) => log.debug({ notice: toNotice(notice) }, "notice of the server"),
    });
  }

  #connection({ client, facts }: OpenedClient, address: HostAddress, encryption: Encryption): Connection {
    const { user, database } = this.#settings;
    const isEncrypted = encryption === "tls";
    const { serverVersion } = facts;
    return new Connection(
      client,
      { address, user, database, serverVersion, isEncrypted },
      { stopping: this.#options.stopping },
    );
  }

  #mismatch(address: HostAddress, wanted: TargetSessionAttrs): SkytoolsError {
    return new SkytoolsError("CONNECTION_FAILED", `server at ${describeHost(address)} is not ${wanted}`, {
      hint: "add the address of a server that is, or change target_session_attrs",
    });
  }

  #throwIfAborted(): void {
    const { signal } = this.#options;
    if (signal?.aborted !== true) return;
    throw new SkytoolsError("ABORTED", "connecting was stopped by a signal", { cause: signal.reason });
  }
}

function isWanted({ isInRecovery, isReadOnly }: SessionFacts, wanted: TargetSessionAttrs): boolean {
  if (wanted === "primary") return !isInRecovery;
  if (wanted === "standby") return isInRecovery;
  if (wanted === "read-write") return !isInRecovery && !isReadOnly;
  if (wanted === "read-only") return isInRecovery || isReadOnly;
  return true;
}

/** Nobody answered at all: another way of encryption would not help. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isUnreachable);
  if (!(error instanceof Error)) return false;
  if ("syscall" in error && (error.syscall === "connect" || error.syscall === "getaddrinfo")) return true;
  return error.message === "timeout expired";
}
