// One table of the batch: what is waiting to be applied to it, and what came of it so far.
import type { Conflict, ConflictPolicy } from "./conflict.ts";
import type { Step } from "./runs.ts";
import { TableRuns } from "./runs.ts";

export class DestinationState {
  /** Name in the set, and on this node. */
  readonly table: string;
  readonly dest: string;
  readonly policy: ConflictPolicy;
  #runs = new TableRuns();
  #given: Conflict | null = null;

  constructor(table: string, dest: string, policy: ConflictPolicy) {
    this.table = table;
    this.dest = dest;
    this.policy = policy;
  }

  /** The conflict for which the table was given up; nothing more is applied to it. */
  get quarantine(): Conflict | null {
    return this.#given;
  }

  giveUp(conflict: Conflict): void {
    this.#given ??= conflict;
  }

  add(step: Step): void {
    this.#runs.add(step);
  }

  /** What has come in since the last call. */
  take(): TableRuns {
    const taken = this.#runs;
    this.#runs = new TableRuns();
    return taken;
  }
}
