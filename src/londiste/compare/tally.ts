// Collects what was found: sums, suspects on their way through settling, differences. Holds no more than some thousand
// rows at a time, however much differs.
import type { Clock } from "../../clock/index.ts";
import type { Suspect } from "./differ.ts";
import type { RowDifference } from "./difference.ts";
import type { Totals } from "./reader.ts";
import type { Settled } from "./settled.ts";

export interface TallyOptions {
  readonly clock: Clock;
  readonly settle: (suspects: readonly Suspect[], seenAtMs: number) => Promise<Settled>;
  readonly onDifferences: (rows: readonly RowDifference[]) => Promise<void>;
}

/** What was found so far, for a file. */
export interface TallyState {
  /** Rows and sums of hashes. */
  readonly source: readonly [rows: string, sum: string];
  readonly target: readonly [rows: string, sum: string];
  readonly kinds: Readonly<Record<RowDifference["kind"], number>>;
  readonly undecided: number;
  readonly inFlight: number;
  readonly suspected: number;
  /** Without their hashes. */
  readonly examples: readonly RowDifference[];
}

/** Suspects that are settled together: each settling waits for the target once. */
const TOGETHER = 20_000;
const EXAMPLES = 10;

export class Tally {
  readonly #options: TallyOptions;
  #suspects: Suspect[] = [];
  #settling: Promise<void> = Promise.resolve();
  sourceRows = 0n;
  targetRows = 0n;
  sourceSum = 0n;
  targetSum = 0n;
  readonly kinds = { insert: 0, update: 0, delete: 0 };
  undecided = 0;
  inFlight = 0;
  /** Rows that differed at the first look. */
  suspected = 0;
  readonly examples: RowDifference[] = [];

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  /** Complete only when all suspects are settled. */
  get state(): TallyState {
    const { kinds, undecided, inFlight, suspected, examples } = this;
    return {
      source: [String(this.sourceRows), String(this.sourceSum)],
      target: [String(this.targetRows), String(this.targetSum)],
      ...{ kinds: { ...kinds }, undecided, inFlight, suspected, examples: examples.map(nameOnly) },
    };
  }

  /** Goes on from there. */
  restore({ source, target, kinds, undecided, inFlight, suspected, examples }: TallyState): void {
    [this.sourceRows, this.sourceSum] = [BigInt(source[0]), BigInt(source[1])];
    [this.targetRows, this.targetSum] = [BigInt(target[0]), BigInt(target[1])];
    Object.assign(this.kinds, kinds);
    Object.assign(this, { undecided, inFlight, suspected });
    this.examples.push(...examples);
  }

  add(source: Totals, target: Totals): void {
    this.sourceRows += BigInt(source.rows);
    this.targetRows += BigInt(target.rows);
    this.sourceSum += source.sum;
    this.targetSum += target.sum;
  }

  /** Waits only when settling cannot keep up. */
  async suspect(rows: readonly Suspect[]): Promise<void> {
    this.suspected += rows.length;
    this.#suspects = this.#suspects.concat(rows);
    if (this.#suspects.length >= TOGETHER) await this.#settleNext();
  }

  async finish(): Promise<void> {
    if (this.#suspects.length > 0) await this.#settleNext();
    await this.#settling;
  }

  /** Resolves when the batch before this one is settled, so that one is settled while the next is collected. */
  async #settleNext(): Promise<void> {
    const batch = this.#suspects;
    this.#suspects = [];
    const seenAt = this.#options.clock.now();
    const previous = this.#settling;
    this.#settling = previous.then(() => this.#settle(batch, seenAt));
    this.#settling.catch(() => undefined); // it is thrown to the next who waits
    await previous;
  }

  async #settle(batch: readonly Suspect[], seenAt: number): Promise<void> {
    const { differences, undecided, inFlight } = await this.#options.settle(batch, seenAt);
    this.undecided += undecided;
    this.inFlight += inFlight;
    for (const row of differences) {
      this.kinds[row.kind] += row.count;
      if (this.examples.length < EXAMPLES) this.examples.push(row);
    }
    if (differences.length > 0) await this.#options.onDifferences(differences);
  }
}

function nameOnly({ kind, key, count }: RowDifference): RowDifference {
  return { kind, key, count, sourceHash: null, targetHash: null };
}
