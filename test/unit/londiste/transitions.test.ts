import { expect, test } from "vitest";
import { type SyncEvent, type SyncState, transition, transitions } from "../../../src/londiste/sync/transitions.ts";
import type { MergeState } from "../../../src/londiste/tables/merge-state.ts";

const at: Readonly<Record<SyncState, MergeState | null>> = {
  none: { kind: "none" },
  "in-copy": { kind: "in-copy" },
  "catching-up": { kind: "catching-up" },
  "wanna-sync": { kind: "wanna-sync", tick: 10n },
  "do-sync": { kind: "do-sync", tick: 10n },
  ok: { kind: "ok" },
  gone: null,
};
const events: Readonly<Record<SyncEvent["kind"], SyncEvent>> = {
  start: { kind: "start" },
  copied: { kind: "copied" },
  "caught-up": { kind: "caught-up", tick: 10n },
  "main-at": { kind: "main-at", tick: 10n },
  restart: { kind: "restart" },
  lost: { kind: "lost" },
  resync: { kind: "resync" },
  remove: { kind: "remove" },
};
const states = Object.keys(at) as SyncState[];

/** Rows: states; columns: events in the order above. "-": overtaken, nothing changes. "!": a task runs, "x": it ends. */
test.each([
  ["none", "in-copy!", "-", "-", "none", "none", "-", "none", "gone x"],
  ["in-copy", "-", "catching-up!", "-", "in-copy", "in-copy!", "none x", "none x", "gone x"],
  ["catching-up", "-", "-", "wanna-sync!", "catching-up", "catching-up!", "none x", "none x", "gone x"],
  ["wanna-sync", "-", "-", "-", "ok x", "wanna-sync!", "none x", "none x", "gone x"],
  ["do-sync", "-", "-", "wanna-sync!", "do-sync", "catching-up!", "none x", "none x", "gone x"],
  ["ok", "-", "-", "-", "ok", "ok", "-", "none x", "gone x"],
  ["gone", "-", "-", "-", "-", "-", "-", "-", "-"],
] as const)("what happens to a table that is %s", (state, ...expected) => {
  const seen = Object.values(events).map((event) => {
    const outcome = transition(at[state], event);
    if (outcome === null) return "-";
    const mark = { keep: "", run: "!", end: " x" }[outcome.task];
    return `${outcome.state?.kind ?? "gone"}${mark}`;
  });

  expect(seen).toEqual(expected);
});

test("a table is handed over at exactly the tick of its copy, neither before nor after", () => {
  const waiting = at["wanna-sync"];

  expect(transition(waiting, { kind: "main-at", tick: 9n })).toEqual({ state: waiting, task: "keep" });
  expect(transition(waiting, { kind: "main-at", tick: 10n })).toEqual({ state: { kind: "ok" }, task: "end" });
  expect(transition(waiting, { kind: "main-at", tick: 11n })).toEqual({ state: { kind: "catching-up" }, task: "run" });
});

test("a copy that caught up keeps the tick at which it did", () => {
  expect(transition({ kind: "catching-up" }, { kind: "caught-up", tick: 7n })).toEqual({
    state: { kind: "wanna-sync", tick: 7n },
    task: "run",
  });
});

test("only a hand-over makes a table ok, and nothing but ok is replayed by the main worker", () => {
  const ways = states.flatMap((state) =>
    Object.entries(transitions[state]).flatMap(([event, cell]) =>
      cell?.to === "ok" && state !== "ok" ? [`${state} ${event}`] : [],
    ),
  );

  expect(ways).toEqual(["wanna-sync main-at"]);
});
