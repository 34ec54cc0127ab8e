// What the ticker is told: times in milliseconds, connection data already read.
import type { Conninfo } from "../postgres/index.ts";

export interface TickerSettings {
  /** Connection data of all databases; the database's name is put in. */
  readonly target: Conninfo;
  /** Exactly these; null: all of the server that can be connected to, looked for every checkPeriodMs. */
  readonly databases: readonly string[] | null;
  /** Where the list of databases is read; null: postgres, else template1. */
  readonly initialDatabase: string | null;
  /** Pause between two looks for databases, and between two looks at one that has no PgQ. */
  readonly checkPeriodMs: number;
  /** Longest pause between two looks at the queues. */
  readonly tickerPeriodMs: number;
  /** Pause between two looks under traffic; 0: always tickerPeriodMs, and ticks by the queues' own settings only. */
  readonly fastPeriodMs: number;
  readonly maintPeriodMs: number;
  readonly retryPeriodMs: number;
  readonly statsPeriodMs: number;
  /** Oldest age of the connection that ticks. */
  readonly connectionLifetimeMs: number;
  /** Longest run of a statement that ticks; the connection is given up a little later. */
  readonly statementTimeoutMs: number;
  /** The program ends with an error when a database failed so often in a row; 0: never. */
  readonly exitAfterFailures: number;
}

const SECOND_MS = 1000;

/** Source: pgqd 3.5, but for the ones that it does not have. */
export const defaultSettings: TickerSettings = {
  target: {},
  databases: null,
  initialDatabase: null,
  checkPeriodMs: 60 * SECOND_MS,
  tickerPeriodMs: SECOND_MS,
  fastPeriodMs: 20,
  maintPeriodMs: 120 * SECOND_MS,
  retryPeriodMs: 30 * SECOND_MS,
  statsPeriodMs: 30 * SECOND_MS,
  connectionLifetimeMs: 3600 * SECOND_MS,
  statementTimeoutMs: 30 * SECOND_MS,
  exitAfterFailures: 0,
};
