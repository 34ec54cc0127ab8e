// From the words of a command to the names it works on, with what is to be said about the others.
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { expandNames, type NameWish } from "./names.ts";

const TO_ADD = "missing lists what can be added; --force takes a name as it is";
const HINTS = {
  table: TO_ADD,
  sequence: TO_ADD,
  "local table": "tables lists those of this node",
  "local sequence": "seqs lists those of this node",
} as const;

export interface Choice extends NameWish {
  readonly kind: keyof typeof HINTS;
  /** Names that are nowhere are taken as they are. */
  readonly isForced: boolean;
}

/** @throws NAME_UNKNOWN when a name is nowhere; all of them are logged */
export function chooseNames(log: Logger, choice: Choice): readonly string[] {
  const { wanted, done, unknown } = expandNames(choice);
  for (const name of done) log.info({}, `${name} already processed`);
  if (unknown.length > 0 && !choice.isForced) {
    for (const name of unknown) log.warn({}, `${name} not available`);
    throw new SkytoolsError("NAME_UNKNOWN", `cannot proceed: no such ${choice.kind}: ${unknown.join(", ")}`, {
      hint: HINTS[choice.kind],
      details: { unknown },
    });
  }
  if (wanted.length === 0 && unknown.length === 0 && done.length === 0) log.info({}, "what to do ?");
  return [...wanted, ...unknown];
}
