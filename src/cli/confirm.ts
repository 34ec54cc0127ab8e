// Commands that lose something need --yes.
import { SkytoolsError } from "../errors/index.ts";
import type { CommandContext } from "./context.ts";

/** @throws CONFIRMATION that says what would be lost */
export function requireYes(context: CommandContext, what: string, flag = "--yes"): void {
  if (context.options.flag("yes") || context.options.flag("force")) return;
  throw new SkytoolsError("CONFIRMATION", what, { hint: `nothing was done; repeat the command with ${flag}` });
}

/** "1 event", "3 events". */
export function count(n: number | bigint, noun: string): string {
  return `${n} ${noun}${Number(n) === 1 ? "" : "s"}`;
}
