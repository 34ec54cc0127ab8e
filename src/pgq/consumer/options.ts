// What createConsumer takes.
import { type Clock, systemClock } from "../../clock/index.ts";
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { DEFAULT_ANSWER_TIMEOUT_MS } from "../answer-limit.ts";
import type { CooperativeOptions } from "../coop/index.ts";
import type { DatabaseSource } from "../drivers/database-source.ts";
import type { QueueOrName } from "../queue.ts";
import { defaultRetry, type RetryPolicy } from "./retry-policy.ts";
import type { BatchSource, Position } from "./seam.ts";

/** What createConsumer takes. Unknown names are refused. */
export interface ConsumerOptions<Q extends QueueOrName = QueueOrName> {
  /** A Pool of pg, `sql` of postgres.js, a connection string, or a Database of your own. */
  readonly database: DatabaseSource;
  /** A description made by defineQueue, or the name of a queue. */
  readonly queue: Q;
  /** Under this name the queue remembers how far the consumer is. */
  readonly consumer: string;
  /** Events fetched at once, at most twice as many are in memory. Default 1000. */
  readonly fetchSize?: number;
  /** A batch is taken when it has so many events … */
  readonly minEvents?: number;
  /** … or spans so much time. */
  readonly minIntervalMs?: number;
  /** Events younger than this are left for later. */
  readonly keepLagMs?: number;
  /** A consumer that is behind gets ticks merged to batches of about so many events. 1: every tick is a batch. Default 10 000. */
  readonly mergeEvents?: number;
  /** SQL condition over ev_type, ev_data, ev_extra1 … run by the server; events that do not fit are done. Not for user input. */
  readonly filter?: string;
  /** Time between two looks for a batch while nothing tells of one. Default 1000. */
  readonly pollIntervalMs?: number;
  /**
   * Whether a session of its own listens for ticks; false: polling only. Default: it listens unless there is a pooler
   * before the server, which the consumer then says in a warning. true: also there, for one that gives whole sessions.
   */
  readonly listen?: boolean;
  /**
   * Longest wait for the answer to a short statement of the consumer's own, milliseconds; reading events may take ten
   * times as long. Then the connection is thrown away and the batch comes again. Statements of a handler have no limit.
   * Default 30 000.
   */
  readonly answerTimeoutMs?: number;
  /** false: an event that fails is not set aside; its batch is tried again until it succeeds, and order is kept. */
  readonly retry?: RetryPolicy | false;
  /** What becomes of an event that failed too often. Default dead-letter. */
  readonly onExhausted?: "dead-letter" | "stop";
  /** Where it is remembered what was done. Default inDatabase(). */
  readonly position?: Position;
  /** Shares the consumer with other processes; see CooperativeOptions. */
  readonly cooperative?: CooperativeOptions;
  /** Batches from elsewhere than the queue itself. */
  readonly source?: BatchSource;
  /**
   * After stop(), a batch in work may go on so long before it is rolled back. Default 1000. At most six seconds later
   * everything is closed, whatever hangs.
   */
  readonly graceMs?: number;
  /** Aborting it is stop(). */
  readonly signal?: AbortSignal;
  /** false: no spans. Default true: spans where OpenTelemetry is in use, unless the queue has traceContext: false. */
  readonly tracing?: boolean;
  /** For tests. */
  readonly clock?: Clock;
}

export interface Settings {
  readonly fetchSize: number;
  readonly minEvents: number | null;
  readonly minIntervalMs: number | null;
  readonly keepLagMs: number | null;
  readonly mergeEvents: number;
  readonly filter: string | null;
  readonly pollIntervalMs: number;
  readonly listen: boolean | "unless pooled";
  readonly answerTimeoutMs: number;
  readonly retry: Required<RetryPolicy> | null;
  readonly onExhausted: "dead-letter" | "stop";
  readonly graceMs: number;
  readonly tracing: boolean;
  readonly clock: Clock;
}

const NAMES = [
  ...["database", "queue", "consumer", "fetchSize", "minEvents", "minIntervalMs", "keepLagMs", "mergeEvents"],
  ...["filter", "pollIntervalMs", "listen", "retry", "onExhausted", "position", "source", "cooperative", "graceMs"],
  ...["answerTimeoutMs", "signal", "tracing", "clock"],
];

/** @throws WRONG_USE */
export function readOptions(options: ConsumerOptions): Settings {
  checkNames(options);
  if (typeof (options.consumer as unknown) !== "string" || options.consumer === "") {
    throw new SkytoolsError("WRONG_USE", "the option consumer is missing: under which name is the position kept?");
  }
  const { retry } = options;
  return {
    fetchSize: number(options, "fetchSize", 1) ?? 1_000,
    minEvents: number(options, "minEvents", 1),
    minIntervalMs: number(options, "minIntervalMs", 0),
    keepLagMs: number(options, "keepLagMs", 0),
    mergeEvents: number(options, "mergeEvents", 1) ?? 10_000,
    filter: options.filter ?? null,
    pollIntervalMs: number(options, "pollIntervalMs", 1) ?? 1_000,
    listen: options.listen ?? "unless pooled",
    answerTimeoutMs: number(options, "answerTimeoutMs", 1) ?? DEFAULT_ANSWER_TIMEOUT_MS,
    retry: retry === false ? null : { ...defaultRetry, ...retry },
    onExhausted: options.onExhausted ?? "dead-letter",
    graceMs: number(options, "graceMs", 0) ?? 1_000,
    tracing: options.tracing ?? true,
    clock: options.clock ?? systemClock,
  };
}

function checkNames(options: object): void {
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue;
    const near = nearestName(name, NAMES);
    throw new SkytoolsError("WRONG_USE", `a consumer has no option ${name}`, {
      hint: near === null ? `options: ${NAMES.join(", ")}` : `did you mean ${near}?`,
    });
  }
}

function number(options: ConsumerOptions, name: keyof ConsumerOptions, least: number): number | null {
  const value: unknown = options[name];
  if (value === undefined) return null;
  if (typeof value === "number" && Number.isFinite(value) && value >= least) return value;
  throw new SkytoolsError("WRONG_USE", `the option ${name} is a number of at least ${least}`);
}
