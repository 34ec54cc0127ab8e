// Databases and sessions as the library uses them for its own statements: nothing is waited for without end.
import type { AnswerLimit } from "../answer-limit.ts";
import { callAfter } from "../../clock/index.ts";
import type { Database, Parameter, Session } from "../database.ts";

/** Giving a session back is left to its fate after this time. */
const CLOSE_LIMIT_MS = 2_000;

/** What a session did not answer in time is not known; so it is thrown away. */
export function limitDatabase(database: Database, limit: AnswerLimit): Database {
  const { isPooled, listen } = database;
  return {
    query: <R extends object>(sql: string, params: readonly Parameter[] = []) =>
      limit.wait((signal) => database.query<R>(sql, params, { signal })),
    open: async () => limitSession(await openWithin(database, limit), limit),
    ...(isPooled === undefined ? {} : { isPooled: () => limit.wait(() => isPooled.call(database)) }),
    ...(listen === undefined ? {} : { listen: (channel, onNotify) => listen.call(database, channel, onNotify) }),
  };
}

/** The session itself, without limits: for what runs the user's statements. */
export async function openWithin(database: Database, limit: AnswerLimit): Promise<Session> {
  return await limit.wait(async (signal) => {
    const session = await database.open({ signal });
    if (signal.aborted) await session.close(signal.reason).catch(() => undefined);
    return session;
  });
}

/** Another face of the same session. */
export function limitSession(session: Session, limit: AnswerLimit, factor = 1): Session {
  const wait = <T>(work: () => Promise<T>): Promise<T> =>
    limit.wait(work, (reason) => void session.close(reason).catch(() => undefined), factor);
  const { script, textCursor } = session;
  return {
    query: <R extends object>(sql: string, params: readonly Parameter[] = []) =>
      wait(() => session.query<R>(sql, params)),
    ...(script === undefined
      ? {}
      : {
          script: <R extends object>(sql: string) =>
            wait(() => script.call<Session, [string], Promise<R[]>>(session, sql)),
        }),
    ...(textCursor === undefined
      ? {}
      : {
          textCursor: (columns, from) => {
            const cursor = textCursor.call(session, columns, from);
            return { fetch: (rows) => wait(() => cursor.fetch(rows)) };
          },
        }),
    copyFrom: (sql, source) => session.copyFrom(sql, source),
    get native() {
      return session.native;
    },
    get isNativeUsed() {
      return session.isNativeUsed === true;
    },
    close: (error) => closeWithin(session, error),
  };
}

/** Does not throw. */
export async function closeWithin(session: Session, error?: unknown): Promise<void> {
  await withinMs(CLOSE_LIMIT_MS, session.close(error));
}

/** Waits for something, but not longer; what comes of it does not matter. Does not throw. */
export async function withinMs(ms: number, work: Promise<unknown>): Promise<void> {
  let cancel = (): void => undefined;
  const over = new Promise<void>((resolve) => (cancel = callAfter(ms, resolve)));
  await Promise.race([work.catch(() => undefined), over]);
  cancel();
}
