// The words that commands share.
import type { CommandGroup } from "../command.ts";

export const groups: readonly CommandGroup[] = [
  { name: "queue", summary: "make, change, look at and remove queues" },
  { name: "consumer", summary: "register, move, look at and remove consumers" },
  { name: "event", summary: "insert events, look at them, deliver them again" },
  { name: "dlq", summary: "look at dead letters, replay and purge them" },
];
