// Loaded first in every child process: the parent can make its clock jump, as an operator or a bad NTP server does.
import type { ToChild } from "../messages.ts";

let offsetMs = 0;
const realNow = Date.now.bind(Date);

class ShiftedDate extends Date {
  constructor(...args: readonly unknown[]) {
    if (args.length === 0) super(realNow() + offsetMs);
    else super(...(args as [number]));
  }

  static override now(): number {
    return realNow() + offsetMs;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;

process.on("message", (message) => {
  offsetMs += Math.round((message as ToChild).ms);
});
process.channel?.unref(); // a program whose work is done may end
