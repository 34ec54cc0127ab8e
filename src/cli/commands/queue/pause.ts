// skytools queue pause, skytools queue resume
import { pauseQueue, resumeQueue } from "../../../pgq/index.ts";
import { command } from "../../command.ts";
import { eachQueue, queuesArgument } from "./each-queue.ts";

export const queuePauseCommand = command({
  name: "queue pause",
  summary: "stop ticking a queue: consumers get nothing new, events are still accepted",
  args: [queuesArgument],
  options: [],
  examples: [{ line: "skytools queue pause orders", doc: "events wait until it is resumed" }],
  async run(context) {
    await eachQueue(context, async (db, queue) => {
      const isChanged = await pauseQueue(db, queue);
      return { value: { queue, isChanged }, text: `queue ${queue} ${isChanged ? "paused" : "was already paused"}` };
    });
    return undefined;
  },
});

export const queueResumeCommand = command({
  name: "queue resume",
  summary: "tick a paused queue again",
  args: [queuesArgument],
  options: [],
  examples: [
    { line: "skytools queue resume orders", doc: "what waited arrives with the next tick" },
    { line: "skytools queue resume '*'", doc: "all queues" },
  ],
  async run(context) {
    await eachQueue(context, async (db, queue) => {
      const isChanged = await resumeQueue(db, queue);
      return { value: { queue, isChanged }, text: `queue ${queue} ${isChanged ? "resumed" : "was not paused"}` };
    });
    return undefined;
  },
});
