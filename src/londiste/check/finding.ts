// What the check of a node finds.

export interface CheckFinding {
  /** Name in the set; null: it is about the node. */
  readonly table: string | null;
  /** error: replication fails, or rows will differ. warning: it may, or works in another way than one might think. */
  readonly level: "error" | "warning";
  readonly text: string;
  /** What to do. */
  readonly hint?: string;
}
