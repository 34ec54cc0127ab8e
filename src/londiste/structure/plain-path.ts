// Definitions that the server writes leave out schemas that the session would find; we want them all.
import type { Connection } from "../../postgres/index.ts";

/** Runs `work` with nothing but pg_catalog in the session's search_path, inside of a transaction or not. */
export async function withPlainPath<T>(db: Connection, work: () => Promise<T>): Promise<T> {
  const { path } = await db.one<{ path: string }>("select current_setting('search_path') as path");
  await db.query("select set_config('search_path', 'pg_catalog', false)");
  try {
    return await work();
  } finally {
    // In a transaction that has failed this fails too, and the rollback puts the old path back.
    await db.query("select set_config('search_path', $1, false)", [path]).catch(() => undefined);
  }
}
