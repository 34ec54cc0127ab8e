// `londiste conf.ini worker`: replays until it is stopped; --rewind and --reset do their work and end.
import { cascadedCommand, runCascadedCommand } from "../../cascade/index.ts";
import { programCommand } from "../../programs/index.ts";
import { workerOptions } from "./options.ts";
import { queueOf, runLondisteWorker, workerName } from "./run-worker.ts";

export const workerCommand = programCommand({
  name: "worker",
  oldNames: ["replay"],
  summary: "replay the changes of the set on this node, and copy its tables",
  keys: workerOptions,
  flags: { rewind: workerOptions.rewind, reset: workerOptions.reset },
  isDaemon: true,
  examples: [
    { line: "conf.ini worker -d", doc: "in the background" },
    { line: "conf.ini worker --rewind", doc: "once, after the provider has lost the position" },
  ],
  async run({ service }) {
    const command = cascadedCommand(service.options);
    if (command === null) {
      await runLondisteWorker(service);
      return undefined;
    }
    const consumer = workerName(service);
    return await runCascadedCommand(command, {
      ...{ service, queue: queueOf(service), consumer, targetKey: "db" },
    });
  },
});
