// What a worker does, by the kind of its node. Source: spec of the cascade, 4.1.
import { SkytoolsError } from "../../errors/index.ts";
import type { NodeType } from "../consumer/batch.ts";

export interface Duties {
  readonly readsBatches: boolean;
  /** false: only the system events are looked at. */
  readonly appliesEvents: boolean;
  /** Goes on only up to where the combined queue has brought this one. */
  readonly waitsBehind: boolean;
  readonly isMergeLeaf: boolean;
  /** The events are passed on: in the own queue with their ids, in the combined queue with new ones. */
  readonly copiesTo: { readonly queue: string; readonly keepIds: boolean } | null;
  readonly makesTicks: boolean;
  /** Puts pgq.tick-id into the combined queue. */
  readonly announcesTicks: boolean;
  /** Moves the merge-leafs of this database as pgq.tick-id says. */
  readonly followsTickEvents: boolean;
  readonly globalWatermark: "publishes" | "applies" | "ignores";
  readonly reportsWatermark: boolean;
}

export interface NodeKind {
  readonly queue: string;
  readonly type: NodeType;
  readonly combinedQueue: string | null;
  readonly combinedType: NodeType | null;
}

const root: Duties = {
  readsBatches: false,
  appliesEvents: false,
  waitsBehind: false,
  isMergeLeaf: false,
  copiesTo: null,
  makesTicks: false,
  announcesTicks: false,
  followsTickEvents: false,
  globalWatermark: "publishes",
  reportsWatermark: false,
};
const leaf: Duties = {
  ...root,
  readsBatches: true,
  appliesEvents: true,
  globalWatermark: "ignores",
  reportsWatermark: true,
};

/** @throws WRONG_USE for a combined queue on anything but a leaf, or on one that is neither root nor branch here */
export function dutiesOf({ queue, type, combinedQueue, combinedType }: NodeKind): Duties {
  if (combinedQueue !== null) {
    const isMerging = type === "leaf" && (combinedType === "root" || combinedType === "branch");
    if (!isMerging) throw badNode(queue, type, combinedType);
    if (combinedType === "branch") return { ...leaf, appliesEvents: false, waitsBehind: true, isMergeLeaf: true };
    const copiesTo = { queue: combinedQueue, keepIds: false };
    return { ...leaf, copiesTo, announcesTicks: true, isMergeLeaf: true };
  }
  if (type === "root") return root;
  if (type === "leaf") return leaf;
  return {
    ...leaf,
    copiesTo: { queue, keepIds: true },
    makesTicks: true,
    followsTickEvents: true,
    globalWatermark: "applies",
  };
}

function badNode(queue: string, type: NodeType, combinedType: NodeType | null): SkytoolsError {
  const combined = combinedType === null ? "" : `-${combinedType}`;
  return new SkytoolsError("NODE_KIND", `node of queue ${queue} has an unsupported type: ${type}${combined}`, {
    hint: "only a leaf can have a combined queue, and that must be root or branch in the same database",
  });
}
