// The connections of a program by their names: opened when first asked for, kept for the lifetime, closed together after
// an error. Callers ask again in every pass and keep none.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import {
  connect,
  type Connection,
  DEFAULT_SILENCE_LIMIT_MS,
  mergeConninfo,
  parseConninfo,
} from "../../postgres/index.ts";
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
  /** From the abort on, what runs for long is cancelled. Default: it is waited for. */
  readonly isCutShort?: boolean;
  /** Called when a notification arrives on a connection that listens, or when such a connection is lost. */
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
  /** The channels it listens to, and how to end that. */
  readonly listening: Map<string, () => Promise<void>>;
  /** Lived its time, and stays only to listen until it is asked for again. */
  isOld: boolean;
}

export class Connections implements AsyncDisposable {
  readonly #options: ConnectionsOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #preparing = new Map<string, Promise<Connection>>();
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
    // Those who ask at the same time get the same one; when it cannot be opened, one of them at a time tries again.
    for (let other = this.#preparing.get(cache); other !== undefined; other = this.#preparing.get(cache)) {
      await other.catch(() => undefined);
    }
    const target = this.#target(name, request);
    const kept = this.#kept.get(cache);
    const isUsable = kept?.connection.isOpen === true && !kept.isOld && isSame(kept.target, target);
    if (isUsable && (request.isolation ?? kept.isolation) !== kept.isolation) throw conflict(cache, kept, request);
    if (isUsable && this.#listensAsAsked(cache, kept)) return kept.connection;

    const isolation = request.isolation ?? kept?.isolation ?? "read committed";
    const preparing = isUsable ? this.#applyChannels(cache, kept) : this.#reopen(cache, target, isolation);
    this.#preparing.set(cache, preparing);
    try {
      return await preparing;
    } finally {
      this.#preparing.delete(cache);
    }
  }

  /** LISTEN on the connection of that name (or cache) from the next get() on. */
  listen(name: string, channel: string): void {
    const channels = this.#channels.get(name) ?? new Set();
    this.#channels.set(name, channels.add(channel));
  }

  /** The same backwards. */
  unlisten(name: string, channel: string): void {
    this.#channels.get(name)?.delete(channel);
  }

  /** Closes one; nothing happens when it is not open. */
  async close(name: string): Promise<void> {
    const kept = this.#kept.get(name);
    if (kept !== undefined) await this.#drop(name, kept);
  }

  /** Closes those that are older than the lifetime; one that listens is replaced at the next get() instead. */
  async closeOld(): Promise<void> {
    const lifetimeMs = this.#options.lifetimeMs();
    if (lifetimeMs === 0) return;
    const now = this.#options.clock.now();
    const old = [...this.#kept].filter(([, { openedAtMs }]) => now - openedAtMs >= lifetimeMs);
    for (const [name, kept] of old) {
      if (kept.listening.size > 0) kept.isOld = true;
      else await this.#drop(name, kept);
    }
  }

  /** The string of that key as it was given, password and all; null: it is not set. */
  given(name: string): string | null {
    return this.#options.lookup(name) ?? null;
  }

  /** Closes all; they are opened again when asked for. */
  async closeAll(): Promise<void> {
    while (this.#preparing.size > 0) await Promise.allSettled(this.#preparing.values());
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
    const { env, log, clock, applicationName, signal, isCutShort = false } = this.#options;
    const silenceLimitMs = DEFAULT_SILENCE_LIMIT_MS;
    const stopping = isCutShort ? signal : undefined;
    const connection = await connect(withExtra(target), {
      ...{ env, log, applicationName, signal, stopping, silenceLimitMs },
    });
    const kept: Kept = { connection, target, isolation, openedAtMs: clock.now(), listening: new Map(), isOld: false };
    try {
      if (isolation !== "read committed") {
        await connection.execute(`set session characteristics as transaction isolation level ${isolation}`);
      }
      await this.#applyChannels(name, kept);
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw error;
    }
    // Who sleeps until a notification comes must not wait for one that cannot come any more.
    connection.onEnd((error) => {
      const isKept = this.#kept.get(name) === kept;
      if (error !== null && isKept && kept.listening.size > 0) this.#options.onNotify?.();
    });
    const { database, user } = connection.facts;
    log.debug({ name, database, user }, "connected");
    this.#kept.set(name, kept);
    return connection;
  }

  #listensAsAsked(name: string, { listening }: Kept): boolean {
    const asked = this.#channels.get(name) ?? new Set();
    return asked.size === listening.size && [...asked].every((channel) => listening.has(channel));
  }

  async #applyChannels(name: string, { connection, listening }: Kept): Promise<Connection> {
    const asked = this.#channels.get(name) ?? new Set();
    for (const [channel, stop] of [...listening]) {
      if (asked.has(channel)) continue;
      await stop();
      listening.delete(channel);
    }
    for (const channel of [...asked]) {
      if (listening.has(channel)) continue;
      listening.set(channel, await connection.listen(channel, () => this.#options.onNotify?.()));
    }
    return connection;
  }

  async #drop(name: string, kept: Kept): Promise<void> {
    if (this.#kept.get(name) === kept) this.#kept.delete(name);
    await kept.connection.close().catch(() => undefined); // it may be broken already
  }
}

/** `extra`, the text of a key PROFILE_extra_connstr, wins; the two may be of different forms. */
export function withExtra({ connstr, extra }: Target): Parameters<typeof connect>[0] {
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
