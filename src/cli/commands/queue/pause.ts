// skytools queue pause, skytools queue resume
import { pauseQueue, resumeQueue } from "../../../pgq/index.ts";
import { argument, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";

export const queuePauseCommand = command({
  name: "queue pause",
  summary: "stop ticking a queue: consumers get nothing new, events are still accepted",
  args: [queueArgument],
  options: [],
  examples: [{ line: "skytools queue pause orders", doc: "events wait until it is resumed" }],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const isChanged = await withDatabase(context, (db) => pauseQueue(db, queue));
    context.out.done({ queue, isChanged }, isChanged ? `queue ${queue} paused` : `queue ${queue} was already paused`);
    return undefined;
  },
});

export const queueResumeCommand = command({
  name: "queue resume",
  summary: "tick a paused queue again",
  args: [queueArgument],
  options: [],
  examples: [{ line: "skytools queue resume orders", doc: "what waited arrives with the next tick" }],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const isChanged = await withDatabase(context, (db) => resumeQueue(db, queue));
    context.out.done({ queue, isChanged }, isChanged ? `queue ${queue} resumed` : `queue ${queue} was not paused`);
    return undefined;
  },
});
