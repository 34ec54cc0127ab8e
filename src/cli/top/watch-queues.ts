// Looks at the queues again and again, over one connection that is made anew when it breaks.
import { setTimeout as delay } from "node:timers/promises";
import { type Executor, listConsumers, listQueues } from "../../pgq/index.ts";
import { connect, type Connection } from "../../postgres/index.ts";
import type { CommandContext } from "../context.ts";
import { explainError } from "../explain-error.ts";
import { type Line, type Look, toLines } from "./rates.ts";

/** Figures, or why there are none at this moment. */
export type Sample = { readonly lines: readonly Line[] } | { readonly trouble: string };

/** Until the signal. The first failure is thrown: a wrong address does not get better; later ones are told and tried again. */
export async function* watchQueues(
  context: CommandContext,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<Sample> {
  let db: Connection | null = null;
  let before: Look | null = null;
  let isFirst = true;
  try {
    while (!signal.aborted) {
      try {
        db ??= await connect(context.options.text("db") ?? "", {
          env: context.env,
          applicationName: "skytools top",
          signal,
        });
        const executor = stoppable(db, signal);
        const look: Look = {
          atMs: performance.now(),
          queues: await listQueues(executor),
          consumers: await listConsumers(executor),
        };
        yield { lines: toLines(look, before) };
        before = look;
        isFirst = false;
      } catch (error) {
        if (isStopped(signal)) return;
        if (isFirst) throw error;
        await db?.close().catch(() => undefined);
        db = null;
        yield { trouble: explainError(error).message };
      }
      await delay(intervalMs, undefined, { signal }).catch(() => undefined); // the loop looks at the signal
    }
  } finally {
    await db?.close().catch(() => undefined);
  }
}

/** Statements that end with the signal, also where the server answers no more. */
function stoppable(db: Connection, signal: AbortSignal): Executor {
  return { query: (sql, params) => db.query(sql, params, { signal }) };
}

function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
