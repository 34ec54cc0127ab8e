// A connection of the ticker: finds out when the server hangs or the network swallows everything, and can always be closed.
import type { MonotonicClock } from "../clock/index.ts";
import { SkytoolsError } from "../errors/index.ts";
import type { Executor, Parameter } from "../pgq/index.ts";
import {
  connect,
  type Conninfo,
  type Connection,
  type Environment,
  type Log,
  mergeConninfo,
} from "../postgres/index.ts";

export interface SessionOptions {
  readonly target: Conninfo;
  readonly database: string;
  readonly env: Environment;
  readonly clock: MonotonicClock;
  readonly log: Log;
  readonly applicationName: string;
  /** Longest run of a statement, on the server; the connection is given up a little later. 0: no limit. */
  readonly statementTimeoutMs: number;
  /** Longest wait for a lock. */
  readonly lockTimeoutMs: number;
  /** Default: as the server has it. */
  readonly synchronousCommit?: "off";
  readonly signal: AbortSignal;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** For the server's own answer that it has stopped a statement, and again for the cancel request. */
const ANSWER_GRACE_MS = 3000;
/** A statement that was sent so often is prepared. */
const PLANNED_ANEW = 5;
const MOST_TEXTS = 50;
const CLOSE_TIMEOUT_MS = 1000;
/** A peer that is gone is noticed within half a minute, here and on the server, which holds our lock so long. */
const KEEPALIVE_SECONDS = "10";
const serverKeepalive = { tcp_keepalives_idle: "10", tcp_keepalives_interval: "5", tcp_keepalives_count: "3" };

export class TickerSession implements Executor {
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  /** How often each text was sent. */
  readonly #sent = new Map<string, number>();

  private constructor(connection: Connection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** @throws CONNECTION_FAILED, CONNECTION_LOST, ABORTED */
  static async open(options: SessionOptions): Promise<TickerSession> {
    const { target, database, env, applicationName, log, signal } = options;
    const given = mergeConninfo({ dbname: database }, target, { keepalives_idle: KEEPALIVE_SECONDS });
    const connection = await withLimit(options, CONNECT_TIMEOUT_MS, "connecting", (limit) =>
      connect(given, { env, applicationName, log, signal: AbortSignal.any([signal, limit]) }),
    );
    const session = new TickerSession(connection, options);
    try {
      await session.#prepare();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** For a look into what the driver says about the server. */
  get connection(): Connection {
    return this.#connection;
  }

  async query<R extends object>(sql: string, params: readonly Parameter[] = []): Promise<R[]> {
    const { statementTimeoutMs, signal } = this.#options;
    const run = (limit?: AbortSignal): Promise<R[]> =>
      this.#connection.query<R>(sql, params, {
        signal: limit === undefined ? signal : AbortSignal.any([signal, limit]),
        ...this.#prepared(sql),
      });
    const giveUp = (): void => void this.#connection.close().catch(() => undefined);
    return await this.#untilStopped(giveUp, () =>
      statementTimeoutMs === 0
        ? run()
        : withLimit(this.#options, statementTimeoutMs + ANSWER_GRACE_MS, "the server", run, giveUp),
    );
  }

  /** What is sent again and again is planned once: most of the cost of a look that finds nothing. */
  #prepared(sql: string): { name?: string } {
    const times = (this.#sent.get(sql) ?? 0) + 1;
    if (this.#sent.size < MOST_TEXTS || times > 1) this.#sent.set(sql, times);
    return times > PLANNED_ANEW ? { name: `pgqd_${[...this.#sent.keys()].indexOf(sql)}` } : {};
  }

  /** When we are told to stop, the server may have cancelled the statement and its answer may never come through. */
  async #untilStopped<T>(giveUp: () => void, work: () => Promise<T>): Promise<T> {
    const { signal, clock } = this.#options;
    const done = new AbortController();
    const stop = async (): Promise<void> => {
      await clock.sleep(ANSWER_GRACE_MS, done.signal);
      if (!done.signal.aborted) giveUp();
    };
    const listener = (): void => void stop();
    signal.addEventListener("abort", listener, { once: true });
    try {
      return await work();
    } finally {
      done.abort();
      signal.removeEventListener("abort", listener);
    }
  }

  /** Ends the session, or leaves it to its fate when that takes too long. */
  async close(): Promise<void> {
    const ended = this.#connection.close().catch(() => undefined);
    const done = new AbortController();
    await Promise.race([ended.then(() => done.abort()), this.#options.clock.sleep(CLOSE_TIMEOUT_MS, done.signal)]);
  }

  async #prepare(): Promise<void> {
    const { statementTimeoutMs, lockTimeoutMs, synchronousCommit } = this.#options;
    const settings = Object.entries({
      ...serverKeepalive,
      statement_timeout: String(statementTimeoutMs),
      lock_timeout: String(lockTimeoutMs),
      idle_session_timeout: "0",
      default_transaction_isolation: "read committed",
      jit: "off",
      ...(synchronousCommit === undefined ? {} : { synchronous_commit: synchronousCommit }),
    });
    // one that the server does not know is left out
    const values = settings.map(([name, value]) => `('${name}', '${value}')`).join(", ");
    await this.query(
      `select set_config(v.name, v.value, false) from (values ${values}) v (name, value)
        where current_setting(v.name, true) is not null`,
    );
  }
}

/**
 * Runs `work`; aborts its signal after the time, and a little later calls `giveUp`. @throws CONNECTION_LOST when the
 * time was over
 */
async function withLimit<T>(
  { clock, database }: SessionOptions,
  limitMs: number,
  what: string,
  work: (limit: AbortSignal) => Promise<T>,
  giveUp: () => void = () => undefined,
): Promise<T> {
  const limit = new AbortController();
  const done = new AbortController();
  void (async () => {
    await clock.sleep(limitMs, done.signal);
    if (!done.signal.aborted) limit.abort();
    await clock.sleep(ANSWER_GRACE_MS, done.signal);
    if (!done.signal.aborted) giveUp();
  })();
  try {
    return await work(limit.signal);
  } catch (error) {
    if (!limit.signal.aborted) throw error;
    throw new SkytoolsError("CONNECTION_LOST", `no answer from the server of ${database} (${what})`, {
      cause: error,
      hint: "is the server, or the network to it, hanging?",
    });
  } finally {
    done.abort();
  }
}
