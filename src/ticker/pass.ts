// One look at the queues of a database: ticks in one statement. When that fails because of a queue, each queue by itself, so
// that one bad queue never stops the others.
import { reasonOf } from "../errors/index.ts";
import {
  type Executor,
  type MadeTick,
  makeTicks,
  type TickAnswer,
  type TickerFacts,
  tickedQueues,
} from "../pgq/index.ts";
import { PostgresError } from "../postgres/index.ts";
import type { QueueFailure } from "./ticker-state.ts";
import { troubleOf } from "./trouble.ts";

export interface PassRequest {
  readonly facts: TickerFacts;
  /** Queues that are left out. */
  readonly bad: readonly string[];
  /** Those of them that are tried, each alone. */
  readonly retried: readonly string[];
  readonly withDue: boolean;
}

export interface PassResult {
  readonly ticks: readonly MadeTick[];
  readonly dueInMs: number | null;
  readonly failed: readonly QueueFailure[];
  readonly recovered: readonly string[];
}

/** Rights, functions or the schema lack: no single queue is to blame. */
const GENERAL_STATES = ["42501", "42883", "3F000"];

/** @throws what is not the fault of single queues */
export async function makePass(db: Executor, { facts, bad, retried, withDue }: PassRequest): Promise<PassResult> {
  const all = await tickAll(db, facts, bad, withDue);
  const again = await tickEach(db, facts, retried);
  const isBad = (queue: string): boolean => again.failed.some((failure) => failure.queue === queue);
  return {
    ticks: [...all.ticks, ...again.ticks],
    dueInMs: all.dueInMs,
    failed: [...all.failed, ...again.failed],
    recovered: retried.filter((queue) => !isBad(queue)),
  };
}

async function tickAll(
  db: Executor,
  facts: TickerFacts,
  except: readonly string[],
  withDue: boolean,
): Promise<Omit<PassResult, "recovered">> {
  let answer: TickAnswer;
  try {
    answer = await makeTicks(db, facts, { except, withDue });
  } catch (error) {
    if (!isOfQueue(error)) throw error;
    const queues = (await tickedQueues(db)).filter((queue) => !except.includes(queue));
    return { ...(await tickEach(db, facts, queues)), dueInMs: null };
  }
  return { ...answer, failed: [] };
}

async function tickEach(
  db: Executor,
  facts: TickerFacts,
  queues: readonly string[],
): Promise<Pick<PassResult, "ticks" | "failed">> {
  const ticks: MadeTick[] = [];
  const failed: QueueFailure[] = [];
  for (const queue of queues) {
    try {
      const answer = await makeTicks(db, facts, { only: queue });
      ticks.push(...answer.ticks);
    } catch (error) {
      if (!isOfQueue(error)) throw error;
      failed.push({ queue, message: reasonOf(error) });
    }
  }
  return { ticks, failed };
}

function isOfQueue(error: unknown): boolean {
  if (troubleOf(error) !== "statement" || !(error instanceof PostgresError)) return false;
  return error.sqlstate !== null && !GENERAL_STATES.includes(error.sqlstate);
}
