export { type LondisteWorkerValues, workerOptions } from "./options.ts";
export { type LondisteWorkerExtras, runLondisteWorker, workerName } from "./run-worker.ts";
export { workerCommand } from "./worker-command.ts";
export { QUARANTINE } from "./quarantine.ts";
