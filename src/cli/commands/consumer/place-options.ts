// The options that name a place in a queue.
import { SkytoolsError } from "../../../errors/index.ts";
import { type QueuePosition, requireConsumer } from "../../../pgq/index.ts";
import type { Connection } from "../../../postgres/index.ts";
import { defineOption } from "../../../service/index.ts";
import { parseId } from "../../arguments.ts";
import type { CommandContext } from "../../context.ts";

export const PLACES = "give one of --tick, --time, --ago, --first, --last, --like";
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
  defineOption({
    name: "like",
    type: "text",
    placeholder: "CONSUMER",
    programs,
    doc: "where that consumer of the queue is; its open batch counts as finished",
  }),
];

/** null when none was given. @throws WRONG_USE when there is more than one, or the one that --like names has none */
export async function placeOf(context: CommandContext, db: Connection, queue: string): Promise<QueuePosition | null> {
  const place = givenPlace(context);
  if (place === null || typeof place === "string" || !("like" in place)) return place;
  const { lastTick, nextTick, group } = await requireConsumer(db, queue, place.like);
  const tick = nextTick ?? lastTick;
  if (tick !== null) return { tick };
  throw new SkytoolsError("WRONG_USE", `consumer ${place.like} has no position of its own`, {
    hint: group === null ? "give another one" : `give its group: --like ${group}`,
  });
}

/** What was given, before the server is asked. @throws WRONG_USE when there is more than one */
export function givenPlace({ options }: CommandContext): QueuePosition | { readonly like: string } | null {
  const [tick, time, ago, like] = [
    options.text("tick"),
    options.text("time"),
    options.number("ago"),
    options.text("like"),
  ];
  const places = [
    ...(tick === undefined ? [] : [{ tick: parseId(tick, "a tick") }]),
    ...(time === undefined ? [] : [{ time }]),
    ...(ago === undefined ? [] : [{ agoMs: ago }]),
    ...(options.flag("first") ? (["first"] as const) : []),
    ...(options.flag("last") ? (["last"] as const) : []),
    ...(like === undefined ? [] : [{ like }]),
  ];
  if (places.length > 1) throw new SkytoolsError("WRONG_USE", "more than one place is given", { hint: PLACES });
  return places[0] ?? null;
}
