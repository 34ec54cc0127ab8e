// What a benchmark is: one piece of work that both sides do, and how often.
// side: one of the two databases of the run, "C" with Debian's extension and "ours". They live in one server.
// pair: a run of each side, one right after the other; only ratios inside a pair are used.
import type pg from "pg";

export type SideName = "C" | "ours";

export interface Side {
  readonly name: SideName;
  readonly client: pg.Client;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** How much work: `full` for figures, `quick` to see that everything runs. */
export interface Size {
  readonly pairs: number;
  /** Transactions of runs that do one small thing a transaction. */
  readonly transactions: number;
  /** Events of runs that do all in one transaction. */
  readonly events: number;
  /** Rows of one large statement. */
  readonly statementRows: number;
  readonly batchEvents: number;
}

export const sizes = {
  full: { pairs: 5, transactions: 5_000, events: 50_000, statementRows: 100_000, batchEvents: 500_000 },
  quick: { pairs: 2, transactions: 300, events: 3_000, statementRows: 3_000, batchEvents: 20_000 },
} as const satisfies Record<string, Size>;

/** rate: ours per second / C's per second, to be at least `ratio`. cost: our time / C's time, to be at most `ratio`. */
export interface Target {
  readonly kind: "rate" | "cost";
  readonly ratio: number;
}

export interface Contest {
  readonly name: string;
  /** Things done in one run, for the rates in the table. */
  readonly amount: number;
  /** Missing where a line is only information. */
  readonly target?: Target;
  /** Before every run of a side, not timed. */
  readonly prepare?: (side: Side) => Promise<void>;
  /** One run. @returns seconds */
  readonly run: (side: Side) => Promise<number>;
}

/** One file of benchmarks: makes its queues and tables on both sides, then says what is to be measured. */
export interface Suite {
  readonly name: string;
  readonly setUp: (side: Side) => Promise<void>;
  readonly contests: (size: Size) => readonly Contest[];
}

export const atLeast = (ratio: number): Target => ({ kind: "rate", ratio });
export const atMost = (ratio: number): Target => ({ kind: "cost", ratio });
