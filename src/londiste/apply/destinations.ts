// The tables that the batch writes into, in the order in which they came, and what waits to be applied to them.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import type { ChunkPart } from "./apply-context.ts";
import type { Conflict, ConflictPolicy } from "./conflict.ts";
import type { Step } from "./runs.ts";
import { DestinationState } from "./table-state.ts";

export class Destinations {
  readonly #states = new Map<string, DestinationState>();
  readonly #waiting = new Set<DestinationState>();
  #events = 0;
  #length = 0;

  /** Steps that wait, and how many characters their events have. */
  get events(): number {
    return this.#events;
  }

  get length(): number {
    return this.#length;
  }

  get quarantined(): ReadonlyMap<string, Conflict> {
    const given = new Map<string, Conflict>();
    for (const { table, quarantine } of this.#states.values()) if (quarantine !== null) given.set(table, quarantine);
    return given;
  }

  /** One state a table here, though several of the set may go into it. */
  open(table: string, dest: string, policy: ConflictPolicy): DestinationState {
    const known = this.#states.get(dest);
    if (known !== undefined) return known;
    const state = new DestinationState(table, dest, policy);
    this.#states.set(dest, state);
    return state;
  }

  add(state: DestinationState, step: Step, event: CascadeEvent): void {
    if (state.quarantine !== null) return;
    state.add(step);
    this.#waiting.add(state);
    this.#events++;
    this.#length += event.length;
  }

  /** Everything that waits; then nothing does. */
  take(): readonly ChunkPart[] {
    const parts = Array.from(this.#waiting, (state) => ({ state, runs: state.take() }));
    this.#waiting.clear();
    this.#events = 0;
    this.#length = 0;
    return parts;
  }
}
