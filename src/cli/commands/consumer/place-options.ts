// The options that name a place in a queue.
import { SkytoolsError } from "../../../errors/index.ts";
import type { QueuePosition } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { parseId } from "../../arguments.ts";
import type { CommandContext } from "../../context.ts";

const programs = ["consumer register", "consumer seek"];

export const placeOptions = [
  defineOption({ name: "tick", type: "text", placeholder: "ID", programs, doc: "after this tick" }),
  defineOption({
    name: "time",
    type: "text",
    programs,
    doc: "what was committed after this time, as the server reads it",
  }),
  defineOption({ name: "ago", type: "duration", min: 0, programs, doc: "what was committed since so long ago" }),
  defineOption({ name: "first", type: "bool", default: false, programs, doc: "the oldest place that is kept" }),
  defineOption({
    name: "last",
    type: "bool",
    default: false,
    programs,
    doc: "the newest tick: only what comes from now on",
  }),
];

/** null when none was given. @throws WRONG_USE when there is more than one */
export function placeOf({ options }: CommandContext): QueuePosition | null {
  const [tick, time, ago] = [options.text("tick"), options.text("time"), options.number("ago")];
  const places: QueuePosition[] = [
    ...(tick === undefined ? [] : [{ tick: parseId(tick, "a tick") }]),
    ...(time === undefined ? [] : [{ time }]),
    ...(ago === undefined ? [] : [{ agoMs: ago }]),
    ...(options.flag("first") ? (["first"] as const) : []),
    ...(options.flag("last") ? (["last"] as const) : []),
  ];
  if (places.length > 1) {
    throw new SkytoolsError("WRONG_USE", "more than one place is given", {
      hint: "give one of --tick, --time, --ago, --first, --last",
    });
  }
  return places[0] ?? null;
}
