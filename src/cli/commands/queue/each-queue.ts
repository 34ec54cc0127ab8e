// A command for one queue, or for all whose names match a pattern.
import { SkytoolsError } from "../../../errors/index.ts";
import { listQueues } from "../../../pgq/index.ts";
import type { Connection } from "../../../postgres/index.ts";
import type { CommandArgument } from "../../command.ts";
import { argument } from "../../arguments.ts";
import { withDatabase } from "../../connect.ts";
import type { CommandContext } from "../../context.ts";
import { matchesPattern } from "../../pattern.ts";

export const queuesArgument: CommandArgument = {
  name: "queue",
  doc: "name of the queue, or a pattern with * for all that match",
};

/** Prints one result for a name, a list of them for a pattern. @throws QUEUE_UNKNOWN when nothing matches */
export async function eachQueue(
  context: CommandContext,
  work: (db: Connection, queue: string) => Promise<{ readonly value: object; readonly text: string }>,
): Promise<void> {
  const word = argument(context, 0, "queue");
  const done = await withDatabase(context, async (db) => {
    const results = [];
    for (const queue of await namesOf(db, word)) results.push(await work(db, queue));
    return results;
  });
  const values = done.map(({ value }) => value);
  context.out.done(word.includes("*") ? values : values[0], done.map(({ text }) => text).join("\n"));
}

async function namesOf(db: Connection, word: string): Promise<readonly string[]> {
  if (!word.includes("*")) return [word];
  const all = (await listQueues(db)).map(({ queue }) => queue);
  const names = all.includes(word) ? [word] : all.filter((name) => matchesPattern(name, word));
  if (names.length > 0) return names;
  throw new SkytoolsError("QUEUE_UNKNOWN", `no queue matches ${word}`, { hint: "skytools queue list shows the names" });
}
