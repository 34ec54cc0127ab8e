// The conflicts of one transaction, written down in it before the commit. Where there are none, nothing is done.
import type { CascadeEvent, EventChanges } from "../../cascade/events/index.ts";
import type { Connection, Log } from "../../postgres/index.ts";
import { type Conflict, isDataError } from "../apply/index.ts";
import { eventKind, keyOfChange, RowReader } from "../row-events/index.ts";
import { type ConflictNote, KEPT_CONFLICTS, noteConflicts } from "../sql-calls/index.ts";

/** Of an event's data; a row may be large, and a great many may conflict. */
const MOST_DATA = 8_000;
/** Of a skipped event everything is worth keeping: it was done nowhere else. */
const MOST_SKIPPED_DATA = 1_000_000;
const MOST_REASON = 1_000;
/** Characters that wait; then they are written. */
const MOST_WAITING = 4_000_000;
const SAVEPOINT = "londiste_notes";

export interface NotesContext {
  readonly queue: string;
  readonly tick: bigint;
  readonly log: Log;
  /** What a handler changes in an event that is passed on: it is not to be read here in its first form either. */
  readonly changesOf: (event: CascadeEvent) => EventChanges | null;
}

export class ConflictNotes {
  readonly #context: NotesContext;
  readonly #waiting = new Map<string, ConflictNote[]>();
  #length = 0;

  constructor(context: NotesContext) {
    this.#context = context;
  }

  /** Inside of the transaction, `target` free to use. The event itself is not held. */
  async add(conflict: Conflict, event: CascadeEvent, target: Connection): Promise<void> {
    const { table, kind, policy, operation, key, reason } = conflict;
    this.#add({
      ...this.#noteOf(event, MOST_DATA),
      ...{ table, kind, policy, operation, key },
      reason: cut(reason, MOST_REASON),
    });
    if (this.#length >= MOST_WAITING) await this.write(target);
  }

  /** An event that an administrator wanted to be passed over. */
  addSkipped(table: string, event: CascadeEvent): void {
    const kind = eventKind(event.type);
    const operation = kind === null || kind.format === "truncate" ? "truncate" : kind.operation;
    const note = { table, kind: "skipped", policy: "skip", operation, key: keyOf(event), reason: null };
    this.#add({ ...this.#noteOf(event, MOST_SKIPPED_DATA), ...note });
  }

  async write(target: Connection): Promise<void> {
    const notes = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.#length = 0;
    if (notes.length === 0) return;
    await target.execute(`savepoint ${SAVEPOINT}`);
    try {
      await this.#write(target, notes);
    } catch (error) {
      if (!isDataError(error)) throw error;
      // What the database cannot hold (its encoding lacks a character) may be why there was a conflict at all.
      await target.execute(`rollback to savepoint ${SAVEPOINT}`);
      await this.#write(
        target,
        notes.map((note) => ({ ...note, key: null, type: null, data: null, reason: null })),
      );
    }
    await target.execute(`release savepoint ${SAVEPOINT}`);
  }

  async #write(target: Connection, notes: readonly ConflictNote[]): Promise<void> {
    const { queue, log } = this.#context;
    if (await noteConflicts(target, queue, notes)) return;
    log.warn(
      { conflicts: notes.length },
      "conflicts are not noted: schema londiste has no table for them, or they are not ours to write",
    );
  }

  #noteOf(
    event: CascadeEvent,
    most: number,
  ): Pick<ConflictNote, "tick" | "event" | "txid" | "type" | "data" | "dataLength"> {
    const changed = this.#context.changesOf(event)?.data;
    const data = changed === undefined ? event.data : changed;
    return {
      ...{ tick: this.#context.tick, event: event.id, txid: event.txid, type: event.type },
      ...{ data: cut(data, most), dataLength: data?.length ?? null },
    };
  }

  #add(note: ConflictNote): void {
    const notes = this.#waiting.get(note.table) ?? [];
    this.#waiting.set(note.table, notes);
    notes.push(note);
    this.#length += note.data?.length ?? 0;
    if (notes.length < 2 * KEPT_CONFLICTS) return;
    for (const { data } of notes.splice(0, notes.length - KEPT_CONFLICTS)) this.#length -= data?.length ?? 0;
  }
}

/** Not within a pair of surrogates, which the server would refuse. */
function cut(text: string | null, most: number): string | null {
  if (text === null || text.length <= most) return text;
  const isHalf = /[\uD800-\uDBFF]/.test(text.charAt(most - 1));
  return text.slice(0, isHalf ? most - 1 : most);
}

/** An event that cannot be understood is one that is skipped. */
function keyOf(event: CascadeEvent): ConflictNote["key"] {
  try {
    const read = new RowReader().read(event);
    return read.kind === "change" ? keyOfChange(read.change) : null;
  } catch {
    return null;
  }
}
