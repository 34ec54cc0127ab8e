// The state of a table on one node, as table_info.merge_state holds it.
//
//   none -> in-copy -> catching-up -> wanna-sync:T -> do-sync:T -> ok
//
// Source: londiste 3.8. At rest (none, ok) old and new programs understand each other.
import { SkytoolsError } from "../../errors/index.ts";

export type MergeState =
  /** NULL: not copied yet. */
  | { readonly kind: "none" }
  | { readonly kind: "in-copy" }
  | { readonly kind: "catching-up" }
  /** The copy has caught up with this tick of the queue. */
  | { readonly kind: "wanna-sync"; readonly tick: bigint }
  /** Written by old programs only: the main worker waits until the copy comes to this tick. */
  | { readonly kind: "do-sync"; readonly tick: bigint }
  | { readonly kind: "ok" };

export type MergeStateKind = MergeState["kind"];

/** @throws WRONG_USE on a text that no version writes */
export function parseMergeState(text: string | null): MergeState {
  if (text === null) return { kind: "none" };
  // "?" is how a very old version wrote ok.
  if (text === "ok" || text === "?") return { kind: "ok" };
  if (text === "in-copy" || text === "catching-up") return { kind: text };
  const matched = /^(wanna-sync|do-sync):(\d+)$/.exec(text);
  if (matched?.[1] === undefined || matched[2] === undefined) {
    throw new SkytoolsError("WRONG_USE", `${JSON.stringify(text)} is not a state of a table`);
  }
  return { kind: matched[1] === "do-sync" ? "do-sync" : "wanna-sync", tick: BigInt(matched[2]) };
}

/** The text that is stored; null when nothing was copied. */
export function formatMergeState(state: MergeState): string | null {
  if (state.kind === "none") return null;
  return "tick" in state ? `${state.kind}:${state.tick}` : state.kind;
}
