// Sequences at a takeover: the new root goes on exactly where the old one stopped. What was published before is far ahead.
import type { RootChange } from "../../cascade/index.ts";
import { type Connection, quoteFqname, quoteLiteral } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { getSeqList } from "../sql-calls/index.ts";

interface Position {
  readonly name: string;
  readonly value: bigint;
  readonly is_called: boolean;
}

/**
 * Call it when the old root takes no writes any more and before the new one does. Sequences that are not local on both are
 * left alone. Writers wait meanwhile: a few round trips, however many there are. @returns how many were set
 */
export async function moveSequences({ oldRoot, newRoot, queue }: RootChange, log: Logger): Promise<number> {
  const [there, here] = await Promise.all([localSequences(oldRoot, queue), localSequences(newRoot, queue)]);
  const names = there.filter((name) => here.includes(name));
  if (names.length === 0) return 0;
  const positions = await oldRoot.query<Position>(names.map(positionSql).join(" union all "));
  await newRoot.query(
    `select pg_catalog.setval(s.name::regclass, s.value, s.is_called)::int8
       from unnest($1::text[], $2::int8[], $3::bool[]) s (name, value, is_called)`,
    [
      positions.map(({ name }) => name),
      positions.map(({ value }) => value),
      positions.map(({ is_called }) => is_called),
    ],
  );
  log.info({ sequences: names.length }, "sequences continue where the old root stopped");
  return names.length;
}

async function localSequences(db: Connection, queue: string): Promise<readonly string[]> {
  return (await getSeqList(db, queue)).filter(({ isLocal }) => isLocal).map(({ name }) => name);
}

function positionSql(name: string): string {
  const quoted = quoteFqname(name);
  return `select ${quoteLiteral(quoted)} as name, last_value::int8 as value, is_called from ${quoted}`;
}
