// Finds connections on which nothing will ever come again: a network that swallows everything gives no error, and a
// statement may take hours, so a limit of time alone would be wrong. After a silence a second session is opened and asks
// the server whether it still works on our statement. Long statements, waits for locks and slow readers are left alone.
import { callAfter } from "../clock/index.ts";
import { SkytoolsError } from "../errors/index.ts";
import type { Connection } from "./connection.ts";

export interface SilenceWatchOptions {
  readonly silenceMs: number;
  /** Another session on the same server. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
}

interface Backend {
  readonly pid: number;
  /** With it a process id is never another's. */
  readonly started: string;
}

interface BackendView {
  /** null: not ours to see. */
  readonly state: string | null;
  readonly waitEvent: string | null;
}

/** Looks at a silence, in parts of the limit; two looks in a row must find the connection dead. */
const LOOKS = 3;
/** How long a look may take; in parts of the limit where that is short. */
const LOOK_LIMIT_MS = 10_000;
const LOOK_FACTOR = 8;
const END_EVERY_MS = 5_000;
const END_TRIES = 120;

/** One megabit a second: a slower network is taken for a dead one. */
const SLOWEST_BYTES_PER_MS = 125;

/** On the server: it notices within half a minute that we are gone, and frees what we had locked. */
const SERVER_SETTINGS = Object.entries({
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "5",
  tcp_keepalives_count: "3",
  client_connection_check_interval: "10s",
})
  .map(([name, value]) => `('${name}', '${value}')`)
  .join(", ");

/**
 * What a role or a database says about them is meant for applications: an index that takes longer than statement_timeout
 * would be begun for ever. What the connection string says stays. Not behind a pooler, whose next client would have it too.
 */
const LIMITS = "{statement_timeout,transaction_timeout,idle_in_transaction_session_timeout,idle_session_timeout}";

const PREPARE = `
  select a.pid, a.backend_start::text as started,
         (select count(set_config(v.name, v.value, false)) from (values ${SERVER_SETTINGS}) v (name, value)
           where current_setting(v.name, true) is not null),
         -- pg_settings is asked where there is something to set aside: it takes a millisecond
         case when exists (select from unnest('${LIMITS}'::text[]) n where current_setting(n, true) <> '0')
              then (select count(set_config(s.name, '0', false)) from pg_settings s
                     where a.pid = $1 and s.name = any ('${LIMITS}') and s.source <> 'client' and s.setting <> '0')
         end as limits
    from pg_stat_activity a where a.pid = pg_backend_pid()`;

/** Prepares the session and watches it until it ends. Behind a pooler nothing is watched: the session is not ours alone. */
export async function watchSilence(connection: Connection, options: SilenceWatchOptions): Promise<void> {
  const backend = await connection.maybeOne<Backend>(PREPARE, [connection.backendPid]);
  if (backend === null || backend.pid !== connection.backendPid) return;
  const watch = new SilenceWatch(connection, backend, options);
  connection.onEnd(() => watch.stop());
  watch.start();
}

class SilenceWatch {
  readonly #connection: Connection;
  readonly #backend: Backend;
  readonly #options: SilenceWatchOptions;
  #cancel = (): void => undefined;
  #isOver = false;
  #traffic = -1;
  #quietLooks = 0;
  #deadLooks = 0;

  constructor(connection: Connection, backend: Backend, options: SilenceWatchOptions) {
    this.#connection = connection;
    this.#backend = backend;
    this.#options = options;
  }

  start(): void {
    if (this.#isOver) return;
    this.#cancel = callAfter(this.#options.silenceMs / LOOKS, () => void this.#look(), { isUrgent: false });
  }

  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { traffic, isWaiting, onTheWay } = this.#connection.activity;
    const isQuiet = isWaiting && traffic === this.#traffic;
    this.#traffic = traffic;
    this.#quietLooks = isQuiet ? this.#quietLooks + 1 : 0;
    if (!isQuiet) this.#deadLooks = 0;
    const { silenceMs } = this.#options;
    const patienceMs = silenceMs + onTheWay / SLOWEST_BYTES_PER_MS;
    if (this.#quietLooks >= LOOKS * (patienceMs / silenceMs)) await this.#ask();
    this.start();
  }

  async #ask(): Promise<void> {
    const isDead = await this.#isDead();
    const { traffic, isWaiting } = this.#connection.activity;
    this.#deadLooks = isDead && isWaiting && traffic === this.#traffic ? this.#deadLooks + 1 : 0;
    if (this.#deadLooks < 2 || this.#isOver) return;
    this.stop();
    this.#connection.giveUp(noAnswer());
    void this.#endBackend();
  }

  async #isDead(): Promise<boolean> {
    try {
      const view = await this.#ownSession((db) =>
        db.maybeOne<BackendView>(
          `select state, wait_event as "waitEvent" from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz`,
          [this.#backend.pid, this.#backend.started],
        ),
      );
      if (view === null) return true;
      if (view.state !== "active") return view.state?.startsWith("idle") === true;
      // It waits for bytes of ours that are sent, or for us to take bytes that never came.
      if (view.waitEvent === "ClientRead") return !this.#connection.activity.isFeeding;
      return view.waitEvent === "ClientWrite";
    } catch (error) {
      return !isAnswer(error);
    }
  }

  /** What it holds in its open transaction must not be in the way of the next try. */
  async #endBackend(): Promise<void> {
    for (let tries = 1; tries <= END_TRIES; tries += 1) {
      try {
        await this.#ownSession((db) =>
          db.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz",
            [this.#backend.pid, this.#backend.started],
          ),
        );
        return;
      } catch (error) {
        if (isAnswer(error)) return;
        await new Promise<void>((resolve) =>
          callAfter(Math.min(END_EVERY_MS, this.#options.silenceMs), resolve, { isUrgent: false }),
        );
      }
    }
  }

  async #ownSession<T>(work: (db: Connection) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    let db: Connection | null = null;
    const cancel = callAfter(
      Math.min(LOOK_LIMIT_MS, LOOK_FACTOR * this.#options.silenceMs),
      () => {
        limit.abort();
        db?.giveUp(noAnswer());
      },
      { isUrgent: false },
    );
    try {
      db = await this.#options.connect(limit.signal);
      return await work(db);
    } finally {
      cancel();
      await db?.close().catch(() => undefined);
    }
  }
}

/** The server said something, if only that it has no room. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof SkytoolsError)) return false;
  const details: unknown = error.details;
  return typeof details === "object" && details !== null && "sqlstate" in details && details.sqlstate !== null;
}

function noAnswer(): SkytoolsError {
  return new SkytoolsError("CONNECTION_LOST", "the server does not work on the statement, and no answer comes", {
    hint: "the network between here and the server loses what is sent; the connection was thrown away",
  });
}
