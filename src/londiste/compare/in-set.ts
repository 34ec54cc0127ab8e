// Comparison of a node's tables with the nodes above it, table after table.
import type { Clock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { AgreedTick } from "./agreed-tick.ts";
import type { CompareOptions } from "./options.ts";
import type { SetTable } from "./set-tables.ts";

export interface SetSides {
  readonly queue: string;
  readonly openLocal: () => Promise<Connection>;
  /** A session of its own at another node. */
  readonly openAt: (location: string) => Promise<Connection>;
  readonly clock: Clock;
  /** How long the own node may take to get to the agreed moment. null: for ever. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal | undefined;
}

export type SideOptions = Pick<CompareOptions, "source" | "target" | "clock" | "agree" | "signal">;

/** Runs `work` with both sides of the table and their agreement on a tick. */
export async function withSetTable<T>(
  table: SetTable,
  { queue, openLocal, openAt, clock, timeoutMs, signal }: SetSides,
  work: (options: SideOptions) => Promise<T>,
): Promise<T> {
  const openSource = (): Promise<Connection> => openAt(table.source.location);
  await using agreed = new AgreedTick({ queue, openSource, openTarget: openLocal, clock, timeoutMs, signal });
  return await work({
    source: { open: openSource, table: table.source.table, where: table.where },
    target: { open: openLocal, table: table.table, where: table.where },
    clock,
    agree: agreed.agree,
    signal,
  });
}
