// The connections of a program by their names: opened when first asked for, kept for the lifetime, closed together after
// an error. Callers ask again in every pass and keep none.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { connect, type Connection, mergeConninfo, parseConninfo } from "../../postgres/index.ts";
import type { Logger } from "../logging/logger.ts";

export type Isolation = "read committed" | "repeatable read" | "serializable";

export interface ConnectionsOptions {
  /** Text of a configuration key, undefined when there is none. Asked at every use: a reload may change it. */
  readonly lookup: (key: string) => string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly applicationName: string;
  /** 0: for ever. */
  readonly lifetimeMs: () => number;
  readonly signal?: AbortSignal;
  /** Called when a notification arrives on a connection that listens. */
  readonly onNotify?: () => void;
}

export interface ConnectionRequest {
  /** Isolation of its transactions; the first who asks decides. Default: read committed. */
  readonly isolation?: Isolation;
  /** Instead of the key of that name. */
  readonly connstr?: string;
  /** Name under which it is kept, when one database is needed twice. Default: the name. */
  readonly cache?: string;
  /** The text of the key PROFILE_extra_connstr is added. Default: the name. */
  readonly profile?: string;
}

/** A connection string and what is added to it. */
interface Target {
  readonly connstr: string;
  readonly extra: string;
}

interface Kept {
  readonly connection: Connection;
  readonly target: Target;
  readonly isolation: Isolation;
  readonly openedAtMs: number;
}

export class Connections implements AsyncDisposable {
  readonly #options: ConnectionsOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #opening = new Map<string, Promise<Connection>>();
  readonly #channels = new Map<string, Set<string>>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /**
   * The connection of that name, opened anew when it broke or when its connection string has changed.
   * @throws WRONG_USE when the key is missing or when it is already open with another isolation; what connect() throws
   */
  async get(name: string, request: ConnectionRequest = {}): Promise<Connection> {
    const cache = request.cache ?? name;
    // Two who ask at the same time get the same one.
    await this.#opening.get(cache)?.catch(() => undefined);
    const target = this.#target(name, request);
    const kept = this.#kept.get(cache);
    if (kept?.connection.isOpen === true && isSame(kept.target, target)) {
      if ((request.isolation ?? kept.isolation) !== kept.isolation) throw conflict(cache, kept, request);
      return kept.connection;
    }
    const opening = this.#reopen(cache, target, request.isolation ?? kept?.isolation ?? "read committed");
    this.#opening.set(cache, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(cache);
    }
  }

  /** LISTEN on the connection of that name from the next get() on. */
  listen(name: string, channel: string): void {
    const channels = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, channels.add(channel));
    const kept = this.#kept.get(name);
    if (kept !== undefined) void this.#drop(name, kept);
  }

  /** The same backwards. */
  unlisten(name: string, channel: string): void {
    this.#channels.get(name)?.delete(channel);
    const kept = this.#kept.get(name);
    if (kept !== undefined) void this.#drop(name, kept);
  }

  /** Closes one; nothing happens when it is not open. */
  async close(name: string): Promise<void> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) await this.#drop(name, kept);
  }

  /** Closes those that are older than the lifetime. */
  async closeOld(): Promise<void> {
    const lifetimeMs = this.#options.lifetimeMs();
    if (lifetimeMs === 0) return;
    const now = this.#options.clock.now();
    const old = [...this.#kept].filter(([, { openedAtMs }]) => now - openedAtMs >= lifetimeMs);
    for (const [name, kept] of old) await this.#drop(name, kept);
  }

  /** Closes all; they are opened again when asked for. */
  async closeAll(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    for (const [name, kept] of [...this.#kept]) await this.#drop(name, kept);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.closeAll();
  }

  #target(name: string, { connstr, profile = name }: ConnectionRequest): Target {
    const given = connstr ?? this.#options.lookup(name);
    if (given === undefined) {
      throw new SkytoolsError("WRONG_USE", `the connection string "${name}" is not set`, {
        hint: `set ${name} in the configuration file`,
      });
    }
    return { connstr: given, extra: this.#options.lookup(`${profile}_extra_connstr`) ?? "" };
  }

  async #reopen(name: string, target: Target, isolation: Isolation): Promise<Connection> {
    const old = this.#kept.get(name);
    if (old !== undefined) await this.#drop(name, old);
    const { env, log, clock, applicationName, signal } = this.#options;
    const connection = await connect(conninfo(target), { env, log, applicationName, signal });
    try {
      if (isolation !== "read committed") {
        await connection.execute(`set session characteristics as transaction isolation level ${isolation}`);
      }
      for (const channel of this.#channels.get(name) ?? []) {
        await connection.listen(channel, () => this.#options.onNotify?.());
      }
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw error;
    }
    const { database, user } = connection.facts;
    log.debug({ name, database, user }, "connected");
    this.#kept.set(name, { connection, target, isolation, openedAtMs: clock.now() });
    return connection;
  }

  async #drop(name: string, kept: Kept): Promise<void> {
    if (this.#kept.get(name) === kept) this.#kept.delete(name);
    await kept.connection.close().catch(() => undefined); // it may be broken already
  }
}

/** The two may be of different forms; what is added wins. */
function conninfo({ connstr, extra }: Target): Parameters<typeof connect>[0] {
  return extra.trim() === "" ? connstr : mergeConninfo(parseConninfo(extra), parseConninfo(connstr));
}

function isSame(a: Target, b: Target): boolean {
  return a.connstr === b.connstr && a.extra === b.extra;
}

function conflict(name: string, kept: Kept, { isolation }: ConnectionRequest): SkytoolsError {
  return new SkytoolsError(
    "WRONG_USE",
    `conflict in isolation level of connection "${name}": open with ${kept.isolation}, asked for ${isolation ?? ""}`,
    { hint: "ask for the same isolation everywhere, or keep a second connection under another name (cache)" },
  );
}
