// Programs with commands, without the consumers: what has nothing to do with queues need not load them.
export { commandProgram } from "./command-program.ts";
export {
  type AnyCommand,
  type CommandContext,
  type CommandExample,
  type CommandProgram,
  type CommandValues,
  programCommand,
  type ProgramCommand,
} from "./define.ts";
export { progressDisplay, type ProgressDisplay } from "./progress.ts";
