// Copies the rows of one table between two servers: under one snapshot, in ranges, several at a time.
import { type MonotonicClock, systemClock } from "../../clock/index.ts";
import { type Connection, copyBetween, classify } from "../../postgres/index.ts";
import { type ChosenColumns, chooseColumns } from "./choose-columns.ts";
import { CopyMeter } from "./meter.ts";
import type { CopyProgress } from "./progress.ts";
import { type BlockSpan, type CopyRange, cutRanges, rangeStatements, sizeOf } from "./ranges.ts";
import { isCommitted, type RangeTransaction, whichTransaction } from "./range-transaction.ts";
import { settleAll } from "./settle-all.ts";
import { readSide, type Side, type SidePart } from "./side.ts";
import { type HeldSnapshot, holdSnapshot, prepareCopySession, shareSnapshot } from "./snapshot-holder.ts";

export interface CopyTableOptions {
  /** Opens a session on the source; as many as `connections` and one more. Closed by the copy. */
  readonly source: (signal: AbortSignal) => Promise<Connection>;
  /** The same on the target. In replica mode, if triggers shall not fire. */
  readonly target: (signal: AbortSignal) => Promise<Connection>;
  /** Names are schema.table, not quoted. */
  readonly sourceTable: string;
  readonly targetTable: string;
  /** Default: the columns that both have and the target does not generate. */
  readonly columns?: readonly string[] | undefined;
  /** SQL over the source's columns, trusted text; null: all rows. */
  readonly condition?: string | null | undefined;
  /** Ranges that are copied at the same time; default 1. */
  readonly connections?: number | undefined;
  readonly spare?: SpareLanes | undefined;
  readonly onColumns?: ((columns: ChosenColumns) => void) | undefined;
  /** For copies that can be gone on with by another one. */
  readonly record?: CopyRecorder | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  /** Before the first row. What is handed over says how far the copy is when it is called. */
  readonly onBegin?: ((progress: () => CopyProgress) => void) | undefined;
  readonly clock?: MonotonicClock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Ranges that can be copied beside those of `connections`, as long as nobody else wants to copy. */
export interface SpareLanes {
  /** At most, with those of `connections`. */
  readonly most: number;
  /** @returns gives the lane back; null: there is none now */
  take(): (() => void) | null;
  /** A lane is to be given back after its range. */
  readonly isWanted: () => boolean;
}

/** What is there before the first row is copied. */
export interface CopyScene {
  /** In the transaction that has the snapshot. */
  readonly source: Connection;
  readonly snapshot: string;
  readonly target: Connection;
  readonly columns: readonly string[];
  readonly sourceSide: Side;
  readonly targetSide: Side;
}

export interface StoredRange extends BlockSpan {
  /** Of the file that the blocks are of. */
  readonly filenode: string;
  readonly rows: bigint;
  readonly bytes: bigint;
}

export interface CopyRecorder {
  /** @returns ranges that are in the target already */
  begin(scene: CopyScene): Promise<readonly StoredRange[]>;
  /** Ranges that are there, and those that will be copied. */
  planned?(stored: number, wanted: number): void;
  /** Within the transaction that stores the range's rows. */
  stored(target: Connection, range: StoredRange, snapshot: string): Promise<void>;
}

export interface CopyTableResult {
  /** Without those of ranges that were there. */
  readonly rows: bigint;
  readonly bytes: bigint;
  /** txid_snapshot text of the source, as of which the rows are. */
  readonly snapshot: string;
}

/** A range is tried again so often when one of its sessions is lost, as long as that of the snapshot is there. */
const TRIES = 3;

/** Rows that are in the target stay there. Keys, indexes and triggers of the target are not touched. @throws COPY_FAILED */
export async function copyTable(options: CopyTableOptions): Promise<CopyTableResult> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const [holder, target] = await openPair(options, signal);
  try {
    const snapshot = await holdSnapshot(holder, options.sourceTable, signal);
    const plan = await makePlan(options, { holder, target, snapshot, signal });
    const meter = new CopyMeter(options.targetTable, options.clock ?? systemClock, options.onProgress);
    meter.plan(plan.ranges, plan.before);
    meter.tellNow();
    options.onBegin?.(() => meter.progress());
    await runLanes(options, { plan, snapshot, meter, signal }, { first: target, stop });
    return { ...meter.totals, snapshot: snapshot.text };
  } finally {
    await settleAll([holder.close(), target.close()]);
  }
}

/** Neither stays open when the other one cannot be opened. */
async function openPair(options: CopyTableOptions, signal: AbortSignal): Promise<[Connection, Connection]> {
  const opening = [options.source(signal), options.target(signal)] as const;
  try {
    return await settleAll(opening);
  } catch (error) {
    for (const side of opening) await side.then((opened) => opened.close()).catch(() => undefined); // told by the other one
    throw error;
  }
}

/** `first`: a session on the target for the first lane. @throws what failed first, when all have ended */
async function runLanes(
  options: CopyTableOptions,
  parts: LaneParts,
  { first, stop }: { readonly first: Connection; readonly stop: AbortController },
): Promise<void> {
  const { connections = 1, spare } = options;
  const queue = [...parts.plan.ranges];
  const lanes: Promise<void>[] = [];
  const failures: unknown[] = [];
  let fresh: Connection | null = first;
  const begin = (leave?: () => void): void => {
    const isDismissed = (): boolean => leave !== undefined && spare?.isWanted() === true;
    const next = (): CopyRange | undefined => {
      const range = isDismissed() ? undefined : queue.shift();
      if (range !== undefined) hire();
      return range;
    };
    const lane = new Lane(options, parts, fresh);
    fresh = null;
    const work = lane.run(next).catch((error: unknown) => {
      failures.push(error);
      stop.abort(error);
    });
    lanes.push(work.finally(leave));
  };
  const hire = (): void => {
    const leave = queue.length === 0 ? null : (spare?.take() ?? null);
    if (leave !== null) begin(leave);
  };
  for (let count = Math.min(connections, queue.length); count > 0; count -= 1) begin();
  for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) await lane;
  if (failures.length > 0) throw failures[0];
}

interface CopyPlan {
  readonly columns: ChosenColumns;
  readonly ranges: readonly CopyRange[];
  readonly before: { readonly rows: bigint; readonly bytes: bigint; readonly sourceBytes: number };
  readonly filenodes: ReadonlyMap<string, string>;
}

interface PlanParts extends Pick<LaneParts, "snapshot" | "signal"> {
  readonly holder: Connection;
  readonly target: Connection;
}

async function makePlan(options: CopyTableOptions, { holder, target, snapshot, signal }: PlanParts): Promise<CopyPlan> {
  const [source, here] = await settleAll([
    readSide(holder, options.sourceTable, signal),
    readSide(target, options.targetTable, signal),
  ]);
  const columns = chooseColumns(source, here, options.columns);
  options.onColumns?.(columns);
  const scene = { source: holder, snapshot: snapshot.text, target, columns: columns.names };
  const stored = (await options.record?.begin({ ...scene, sourceSide: source, targetSide: here })) ?? [];
  const lanes = Math.max(options.connections ?? 1, options.spare?.most ?? 1);
  const ranges = cutRanges(source.parts, lanes, stored);
  options.record?.planned?.(stored.length, ranges.length);
  return {
    columns,
    ranges,
    before: sumUp(source.parts, stored),
    filenodes: new Map(source.parts.map(({ name, filenode }) => [name, filenode ?? ""])),
  };
}

function sumUp(parts: readonly SidePart[], stored: readonly StoredRange[]): CopyPlan["before"] {
  const before = { rows: 0n, bytes: 0n, sourceBytes: 0 };
  for (const range of stored) {
    const part = parts.find(({ name }) => name === range.part);
    before.rows += range.rows;
    before.bytes += range.bytes;
    before.sourceBytes += part === undefined ? 0 : sizeOf(part, range);
  }
  return before;
}

interface LaneParts {
  readonly plan: CopyPlan;
  readonly snapshot: HeldSnapshot;
  readonly meter: CopyMeter;
  readonly signal: AbortSignal;
}

interface Copied {
  readonly rows: number;
  readonly transaction: RangeTransaction;
}

/** One pair of sessions that takes range after range. */
class Lane {
  readonly #options: CopyTableOptions;
  readonly #parts: LaneParts;
  #source: Connection | null = null;
  #target: Connection | null = null;
  /** To be taken instead of opening one. */
  #fresh: Connection | null;
  /** All rows of the range are sent; the commit follows. */
  #copied: Copied | null = null;

  /** `fresh`: a session on the target. */
  constructor(options: CopyTableOptions, parts: LaneParts, fresh: Connection | null) {
    this.#options = options;
    this.#parts = parts;
    this.#fresh = fresh;
  }

  async run(next: () => CopyRange | undefined): Promise<void> {
    try {
      for (let range = next(); range !== undefined; range = next()) await this.#persist(range);
    } finally {
      await this.#close();
    }
  }

  async #persist(range: CopyRange): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      let sent = 0;
      this.#copied = null;
      try {
        const rows = await this.#copy(range, (bytes) => {
          sent += bytes;
          this.#parts.meter.bytes(bytes);
        });
        this.#parts.meter.stored(range, rows);
        return;
      } catch (error) {
        await this.#close();
        const isLost = classify(error).action === "reconnect";
        const stored = isLost && !this.#parts.signal.aborted ? await this.#storedRows() : null;
        if (stored !== null) {
          this.#parts.meter.stored(range, stored);
          return;
        }
        this.#parts.meter.takeBack(sent);
        if (tries === TRIES || this.#parts.signal.aborted || !isLost) throw error;
      }
    }
  }

  /** The answer to a commit may be lost when the commit was not; a table without a key would keep its rows twice. */
  async #storedRows(): Promise<number | null> {
    const copied = this.#copied;
    if (copied === null) return null;
    const target = await this.#openTarget();
    const isStored = await isCommitted(target, copied.transaction, this.#options.clock ?? systemClock);
    return isStored ? copied.rows : null;
  }

  async #copy(range: CopyRange, onBytes: (bytes: number) => void): Promise<number> {
    const { plan, snapshot, signal } = this.#parts;
    const { targetTable, condition = null } = this.#options;
    const [source, target] = await settleAll([this.#openSource(), this.#openTarget()]);
    return await target.transaction(async () => {
      const transaction = await whichTransaction(target);
      const statements = rangeStatements(range, plan.columns, { targetTable, condition });
      const { rows, bytes } = await copyBetween(source, target, { ...statements, onBytes, signal });
      const { part, fromBlock, toBlock } = range;
      const filenode = plan.filenodes.get(part) ?? "";
      const stored = { part, fromBlock, toBlock, filenode, rows: BigInt(rows), bytes: BigInt(bytes) };
      await this.#options.record?.stored(target, stored, snapshot.text);
      this.#copied = { rows, transaction };
      return rows;
    });
  }

  async #openSource(): Promise<Connection> {
    if (this.#source === null) {
      this.#source = await this.#options.source(this.#parts.signal);
      await prepareCopySession(this.#source);
      await shareSnapshot(this.#source, this.#parts.snapshot);
    }
    return this.#source;
  }

  async #openTarget(): Promise<Connection> {
    if (this.#target === null) {
      this.#target = this.#fresh ?? (await this.#options.target(this.#parts.signal));
      this.#fresh = null;
      await prepareCopySession(this.#target);
    }
    return this.#target;
  }

  async #close(): Promise<void> {
    const open = [this.#source, this.#target];
    this.#source = null;
    this.#target = null;
    for (const connection of open) await connection?.close();
  }
}
