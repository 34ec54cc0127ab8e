// The connection of a command: from --db, or from the PG* environment.
import { connect, type Connection } from "../postgres/index.ts";
import type { CommandContext } from "./context.ts";

/** Runs `work` with a connection that is closed afterwards. */
export async function withDatabase<T>(context: CommandContext, work: (db: Connection) => Promise<T>): Promise<T> {
  await using db = await connect(context.options.text("db") ?? "", {
    env: context.env,
    applicationName: "skytools",
    signal: context.signal,
    stopping: context.signal,
  });
  return await work(db);
}
