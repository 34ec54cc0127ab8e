// A tick on demand.
import { SkytoolsError } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { callForceTick, callTicker, tickerRights } from "../sql-calls/queue-admin.ts";
import { queryTicking, type Ticking } from "../sql-calls/queue-state.ts";
import { requireQueue } from "../inspect/require.ts";

/** What tickQueue takes. */
export interface TickOptions {
  /** How long to wait for the ticker where this role may not tick itself, or must not beside another ticker. Milliseconds; 10 000. */
  readonly timeoutMs?: number;
  /** Waits; resolves early or late, as it likes. */
  readonly pause: (ms: number) => Promise<void>;
}

const POLL_MS = 100;

/**
 * Makes a tick now, whatever the settings say. A role that may not tick (pgq_reader) asks the ticker for it and waits.
 * @returns id of the new tick @throws QUEUE_UNKNOWN, TICK_TIMEOUT, WRONG_USE for a paused or externally ticked queue
 */
export async function tickQueue(source: ExecutorSource, queue: QueueName, options: TickOptions): Promise<bigint> {
  return (await nextTick(toExecutor(source), queueNameOf(queue), options)).tick;
}

/** The same for a tick that began after the call: all that was committed by then is before it. */
export async function tickQueueAnew(source: ExecutorSource, queue: QueueName, options: TickOptions): Promise<bigint> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  const { tick, isOwn } = await nextTick(db, name, options);
  // A ticker's may have been on its way; the one behind it began later.
  return isOwn ? tick : (await nextTick(db, name, options)).tick;
}

interface NextTick {
  readonly tick: bigint;
  /** Made here, and not by a ticker. */
  readonly isOwn: boolean;
}

async function nextTick(db: Executor, name: string, options: TickOptions): Promise<NextTick> {
  const { isPaused, isExternal } = await requireTicking(db, name);
  if (isPaused) throw refused(`queue ${name} is paused`, `skytools queue resume ${name}`);
  if (isExternal) throw refused(`queue ${name} gets its ticks from outside`, "tick it where it is fed from");

  const before = await callForceTick(db, name);
  const { mayTick, isSafe } = await tickerRights(db);
  if (mayTick && isSafe) {
    const made = await callTicker(db, name);
    if (made !== null) return { tick: made, isOwn: true };
  }
  // Two tickers at once would harm a queue of the reference's schema, so a running one goes first.
  const found = await waitForTick(db, name, before, options);
  if (found !== null) return { tick: found, isOwn: false };
  const made = mayTick ? await callTicker(db, name) : null;
  if (made !== null) return { tick: made, isOwn: true };
  throw new SkytoolsError("TICK_TIMEOUT", `queue ${name} got no tick`, {
    hint: "no ticker runs, or it is slow: start skytools pgqd, or use a role that is in pgq_admin",
  });
}

/** @throws QUEUE_UNKNOWN */
async function requireTicking(db: Executor, name: string): Promise<Ticking> {
  const found = await queryTicking(db, name);
  if (found !== null) return found;
  await requireQueue(db, name);
  throw new SkytoolsError("QUEUE_UNKNOWN", `there is no queue ${name}`);
}

async function waitForTick(
  db: Executor,
  name: string,
  before: bigint | null,
  { pause, timeoutMs = 10_000 }: TickOptions,
): Promise<bigint | null> {
  for (let waited = 0; ; waited += POLL_MS) {
    const { lastTick } = await requireTicking(db, name);
    if (lastTick !== null && lastTick !== before) return lastTick;
    if (waited >= timeoutMs) return null;
    await pause(POLL_MS);
  }
}

function refused(message: string, hint: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", message, { hint });
}
