// Sequences at a takeover: the new root goes on exactly where the old one stopped. What was published before is far ahead.
import { type Connection, quoteFqname } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { getSeqList } from "../sql-calls/index.ts";

export interface SequenceMove {
  readonly oldRoot: Connection;
  readonly newRoot: Connection;
  readonly queue: string;
}

interface Position {
  readonly last_value: bigint;
  readonly is_called: boolean;
}

/**
 * Call it when the old root takes no writes any more and before the new one does. Sequences that are not local on both are
 * left alone. @returns how many were set
 */
export async function moveSequences({ oldRoot, newRoot, queue }: SequenceMove, log: Logger): Promise<number> {
  const here = new Set((await getSeqList(newRoot, queue)).filter(({ isLocal }) => isLocal).map(({ name }) => name));
  let count = 0;
  for (const { name, isLocal } of await getSeqList(oldRoot, queue)) {
    if (!isLocal || !here.has(name)) continue;
    const { last_value, is_called } = await oldRoot.one<Position>(
      `select last_value::int8 as last_value, is_called from ${quoteFqname(name)}`,
    );
    await newRoot.query("select pg_catalog.setval($1::regclass, $2::int8, $3::bool)::int8 as value", [
      quoteFqname(name),
      last_value,
      is_called,
    ]);
    count += 1;
  }
  if (count > 0) log.info({ sequences: count }, "sequences continue where the old root stopped");
  return count;
}
