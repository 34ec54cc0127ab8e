// What can happen to a table, and what becomes of it. Pure: no database, no clock.
//
//   none ──start──> in-copy ──copied──> catching-up ──caught-up T──> wanna-sync:T ──main worker at T──> ok
//
// do-sync is only found in the database when an old program was stopped at that moment.
import type { MergeState, MergeStateKind } from "../tables/merge-state.ts";

export type SyncState = MergeStateKind | "gone";

export type SyncEvent =
  /** There is room for one more copy, and its source is ready. */
  | { readonly kind: "start" }
  /** All rows are stored. */
  | { readonly kind: "copied" }
  /** The copy stands at this tick, which the main worker has not passed, and which covers the snapshot of the copy. */
  | { readonly kind: "caught-up"; readonly tick: bigint }
  /** The main worker is about to have completed this tick. */
  | { readonly kind: "main-at"; readonly tick: bigint }
  /** The worker has been started again: the tasks of before are gone. */
  | { readonly kind: "restart" }
  /** The copy cannot go on from what is there: its source has left the set, or has lost the position. */
  | { readonly kind: "lost" }
  /** An administrator wants the table copied anew. */
  | { readonly kind: "resync" }
  /** An administrator has taken the table out. */
  | { readonly kind: "remove" };

export type SyncEventKind = SyncEvent["kind"];

/** What the copy's task has to do after the event. */
export type TaskOrder =
  /** Leave it as it is. */
  | "keep"
  /** A task must run from here on. */
  | "run"
  /** End it and give up its position at the source. */
  | "end";

export interface Transition {
  readonly to: SyncState;
  readonly task: TaskOrder;
}

/** null: the event belongs to a task that has been overtaken, and changes nothing. */
type Cell = Transition | null;

const stay = (to: SyncState): Transition => ({ to, task: "keep" });
const go = (to: SyncState): Transition => ({ to, task: "run" });
const over = (to: SyncState): Transition => ({ to, task: "end" });

/** main-at is here as if the tick were that of the state; see transition(). */
export const transitions: Readonly<Record<SyncState, Readonly<Record<SyncEventKind, Cell>>>> = {
  none: {
    start: go("in-copy"),
    copied: null,
    "caught-up": null,
    "main-at": stay("none"),
    restart: stay("none"),
    lost: null,
    resync: stay("none"),
    remove: over("gone"),
  },
  "in-copy": {
    start: null,
    copied: go("catching-up"),
    "caught-up": null,
    "main-at": stay("in-copy"),
    restart: go("in-copy"),
    lost: over("none"),
    resync: over("none"),
    remove: over("gone"),
  },
  "catching-up": {
    start: null,
    copied: null,
    "caught-up": go("wanna-sync"),
    "main-at": stay("catching-up"),
    restart: go("catching-up"),
    lost: over("none"),
    resync: over("none"),
    remove: over("gone"),
  },
  "wanna-sync": {
    start: null,
    copied: null,
    "caught-up": null,
    "main-at": over("ok"),
    restart: go("wanna-sync"),
    lost: over("none"),
    resync: over("none"),
    remove: over("gone"),
  },
  "do-sync": {
    start: null,
    copied: null,
    "caught-up": go("wanna-sync"),
    "main-at": stay("do-sync"),
    restart: go("catching-up"),
    lost: over("none"),
    resync: over("none"),
    remove: over("gone"),
  },
  ok: {
    start: null,
    copied: null,
    "caught-up": null,
    "main-at": stay("ok"),
    restart: stay("ok"),
    lost: null,
    resync: over("none"),
    remove: over("gone"),
  },
  gone: {
    start: null,
    copied: null,
    "caught-up": null,
    "main-at": null,
    restart: null,
    lost: null,
    resync: null,
    remove: null,
  },
};

export interface Outcome {
  /** null: not of this node any more. */
  readonly state: MergeState | null;
  readonly task: TaskOrder;
}

/** null: nothing changes, and whoever brought the event has been overtaken. */
export function transition(state: MergeState | null, event: SyncEvent): Outcome | null {
  const from: SyncState = state === null ? "gone" : state.kind;
  const cell = transitions[from][event.kind];
  if (cell === null) return null;
  if (state?.kind === "wanna-sync" && event.kind === "main-at") return meet(state, event.tick);
  if (cell.to === "gone") return { state: null, task: cell.task };
  if (cell.to === "wanna-sync" && event.kind === "caught-up") {
    return { state: { kind: "wanna-sync", tick: event.tick }, task: cell.task };
  }
  if (state !== null && cell.to === state.kind) return { state, task: cell.task };
  // Only the states above carry a tick.
  const kind = cell.to as Exclude<SyncState, "gone" | "wanna-sync" | "do-sync">;
  return { state: { kind }, task: cell.task };
}

/** The main worker may only take over at exactly the tick of the copy; if it has passed it, the copy follows. */
function meet(state: MergeState & { readonly kind: "wanna-sync" }, tick: bigint): Outcome {
  if (tick < state.tick) return { state, task: "keep" };
  return tick === state.tick ? { state: { kind: "ok" }, task: "end" } : { state: { kind: "catching-up" }, task: "run" };
}
