// Makes the list of a node that of its provider: events about new tables may still be on their way.
import type { Connection } from "../../postgres/index.ts";
import {
  getSeqList,
  getTableList,
  globalAddTable,
  globalRemoveSeq,
  globalRemoveTable,
  globalUpdateSeq,
} from "../sql-calls/index.ts";
import { isSequenceRegistered, isTableRegistered } from "./filter.ts";
import type { Member } from "./member.ts";

/** Tables that the provider has and the node does not know are added, those that are gone there removed. */
export async function alignTables({ context, db }: Member, provider: Connection): Promise<void> {
  const { queue, log, filter } = context;
  const theirs = (await getTableList(provider, queue)).map(({ name }) => name);
  const own = (await getTableList(db, queue)).map(({ name }) => name);
  for (const name of theirs) {
    if (own.includes(name) || !isTableRegistered(filter, name)) continue;
    log.info({ table: name }, `Table ${name} info missing from subscriber, adding`);
    await globalAddTable(db, log, queue, name);
  }
  for (const name of own) {
    if (theirs.includes(name)) continue;
    log.info({ table: name }, `Table ${name} gone but exists on subscriber, removing`);
    await globalRemoveTable(db, log, queue, name);
  }
}

/** The same for sequences, with the values that were published. */
export async function alignSequences({ context, db }: Member, provider: Connection): Promise<void> {
  const { queue, log, filter } = context;
  const theirs = await getSeqList(provider, queue);
  const own = await getSeqList(db, queue);
  for (const { name, published } of theirs) {
    const known = own.find((sequence) => sequence.name === name);
    if (!isSequenceRegistered(filter, name) || known?.published === published) continue;
    if (known === undefined) log.info({ sequence: name }, `Sequence ${name} info missing from subscriber, adding`);
    await globalUpdateSeq(db, log, queue, { sequence: name, value: published });
  }
  for (const { name } of own) {
    if (theirs.some((sequence) => sequence.name === name)) continue;
    log.info({ sequence: name }, `Sequence ${name} gone but exists on subscriber, removing`);
    await globalRemoveSeq(db, log, queue, name);
  }
}
