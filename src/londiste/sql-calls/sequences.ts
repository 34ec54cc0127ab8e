// The sequences of a set, as one node knows them.
import { callNode } from "../../cascade/index.ts";
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";

export interface SequenceInfo {
  /** schema.name, not quoted. */
  readonly name: string;
  readonly isLocal: boolean;
  /** What the root published last: ahead of the sequence by 10 000 to 30 000, at most its last value. */
  readonly published: bigint;
}

interface SequenceRow {
  readonly seq_name: string;
  readonly last_value: bigint;
  readonly local: boolean;
}

/** In the order in which they were added. */
export async function getSeqList(db: Queryable, queue: string): Promise<readonly SequenceInfo[]> {
  const rows = await db.query<SequenceRow>("select seq_name, last_value, local from londiste.get_seq_list($1::text)", [
    queue,
  ]);
  return rows.map(({ seq_name, last_value, local }) => ({ name: seq_name, isLocal: local, published: last_value }));
}

/** @throws NODE_REFUSED when it does not exist here, or is not part of the set */
export async function localAddSeq(db: Connection, log: Logger, queue: string, sequence: string): Promise<void> {
  await callNode(db, log, "select * from londiste.local_add_seq($1::text, $2::text)", [queue, sequence]);
}

/** @throws NODE_REFUSED when it is not local */
export async function localRemoveSeq(db: Connection, log: Logger, queue: string, sequence: string): Promise<void> {
  await callNode(db, log, "select * from londiste.local_remove_seq($1::text, $2::text)", [queue, sequence]);
}

/** Stores what the root published; a sequence that is local moves forward to it. @throws NODE_REFUSED */
export async function globalUpdateSeq(
  db: Connection,
  log: Logger,
  queue: string,
  { sequence, value }: { readonly sequence: string; readonly value: bigint },
): Promise<void> {
  await callNode(db, log, "select * from londiste.global_update_seq($1::text, $2::text, $3::int8)", [
    queue,
    sequence,
    value,
  ]);
}

/** Forgets a sequence on this node. @throws NODE_REFUSED when it is not known */
export async function globalRemoveSeq(db: Connection, log: Logger, queue: string, sequence: string): Promise<void> {
  await callNode(db, log, "select * from londiste.global_remove_seq($1::text, $2::text)", [queue, sequence]);
}

/** On the root: publishes those sequences that come near to what was published. @throws NODE_REFUSED elsewhere */
export async function checkRootSequences(db: Connection, log: Logger, queue: string): Promise<void> {
  await callNode(db, log, "select * from londiste.root_check_seqs($1::text)", [queue]);
}
