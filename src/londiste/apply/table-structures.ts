// What the replay knows of the tables of this node, kept over batches.
import type { Connection } from "../../postgres/index.ts";

/** One for each target connection. */
export class TableStructures {
  readonly target: Connection;

  constructor(target: Connection) {
    this.target = target;
  }

  /** Forgets everything, or one table: it may have been altered. */
  forget(dest?: string): void {
    void dest;
    throw new Error("not yet");
  }
}
