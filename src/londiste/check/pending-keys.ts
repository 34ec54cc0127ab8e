// fkeys: foreign keys that a copy took away, and what they wait for.
import type { Member } from "../admin/member.ts";
import { type ForeignKey, getTableList, pendingFkeys, validPendingFkeys } from "../sql-calls/index.ts";
import { formatMergeState } from "../tables/merge-state.ts";
import type { TableInfo } from "../tables/table-info.ts";

export interface PendingKey extends ForeignKey {
  readonly isReady: boolean;
  /** "the worker brings it back", "waits for public.a (in-copy)", "public.b is not replicated here". */
  readonly reason: string;
}

export async function readPendingKeys({ context, db }: Member): Promise<readonly PendingKey[]> {
  const keys = await pendingFkeys(db);
  if (keys.length === 0) return [];
  const ready = await validPendingFkeys(db, context.queue);
  const tables = (await getTableList(db, context.queue)).filter(({ isLocal }) => isLocal);
  return keys.map((key) => {
    const isReady = ready.some(({ fromTable, name }) => fromTable === key.fromTable && name === key.name);
    return { ...key, isReady, reason: isReady ? "the worker brings it back" : reasonOf(key, tables) };
  });
}

function reasonOf({ fromTable, toTable }: ForeignKey, tables: readonly TableInfo[]): string {
  const sides = [...new Set([fromTable, toTable])];
  const absent = sides.filter((name) => !tables.some(({ dest }) => dest === name));
  if (absent.length > 0) return `${absent.join(" and ")} is not replicated here: the key does not come back by itself`;
  const waiting = tables.filter(
    ({ dest, state, snapshot }) => sides.includes(dest) && (state.kind !== "ok" || snapshot !== null),
  );
  if (waiting.length === 0) return "another queue of this database brings it back";
  return `waits for ${waiting.map(({ name, state }) => `${name} (${formatMergeState(state) ?? "not copied"})`).join(" and ")}`;
}
