// add-seq and remove-seq.
import { SkytoolsError } from "../../errors/index.ts";
import { type Connection, quoteFqname, quoteIdent, splitFqname } from "../../postgres/index.ts";
import { getSeqList, localAddSeq, localRemoveSeq } from "../sql-calls/index.ts";
import type { TableWords } from "./add-tables.ts";
import { alignSequences } from "./align.ts";
import { chooseNames } from "./choose.ts";
import { type Member, openProvider } from "./member.ts";
import { missingObjects } from "./missing.ts";

export interface AddSequenceOptions {
  /** Make those that are missing here, as they are on the provider. */
  readonly isCreating: boolean;
  /** Else those that are missing are an error. */
  readonly isSkippingMissing: boolean;
}

/** All in one transaction. @returns their names. @throws NAME_UNKNOWN, NODE_REFUSED */
export async function addSequences(
  member: Member,
  names: TableWords,
  options: AddSequenceOptions,
): Promise<readonly string[]> {
  const { context, db } = member;
  const provider = await openProvider(member);
  if (provider !== null) await alignSequences(member, provider);
  const done = (await getSeqList(db, context.queue)).filter(({ isLocal }) => isLocal).map(({ name }) => name);
  const { sequences } = await missingObjects(member);
  const chosen = chooseNames(context.log, { kind: "sequence", ...names, candidates: sequences, done });
  const added: string[] = [];
  await db.transaction(async () => {
    for (const sequence of chosen) {
      if (await isThere(member, sequence, provider, options)) {
        await localAddSeq(db, context.log, context.queue, sequence);
        added.push(sequence);
      }
    }
  });
  return added;
}

/** @returns their names. @throws NAME_UNKNOWN, NODE_REFUSED */
export async function removeSequences({ context, db, node }: Member, names: TableWords): Promise<readonly string[]> {
  const list = await getSeqList(db, context.queue);
  const isHere = ({ isLocal }: { readonly isLocal: boolean }): boolean => isLocal || node.type === "root";
  const chosen = chooseNames(context.log, {
    kind: "local sequence",
    ...names,
    candidates: list.filter(isHere).map(({ name }) => name),
    done: list.filter((sequence) => !isHere(sequence)).map(({ name }) => name),
  });
  await db.transaction(async () => {
    for (const sequence of chosen) await localRemoveSeq(db, context.log, context.queue, sequence);
  });
  return chosen;
}

async function isThere(
  { context, db }: Member,
  sequence: string,
  provider: Connection | null,
  { isCreating, isSkippingMissing }: AddSequenceOptions,
): Promise<boolean> {
  const parameters = await readSequence(db, sequence);
  if (parameters !== null) return true;
  const theirs = isCreating && provider !== null ? await readSequence(provider, sequence) : null;
  if (theirs !== null) {
    await db.execute(`create schema if not exists ${quoteIdent(splitFqname(sequence)[0])}`);
    await db.execute(`create sequence ${quoteFqname(sequence)} ${theirs}`);
    context.log.info({ sequence }, `Sequence ${sequence} created`);
    return true;
  }
  if (isSkippingMissing) {
    context.log.warn({ sequence }, `Sequence ${sequence} does not exist here, skipping`);
    return false;
  }
  throw new SkytoolsError("NAME_UNKNOWN", `sequence ${sequence} does not exist in this database`, {
    hint: "--create makes it like that of the provider; --skip-non-existing passes over it",
  });
}

/** What follows the name in CREATE SEQUENCE; null: there is none. */
async function readSequence(db: Connection, sequence: string): Promise<string | null> {
  const row = await db.maybeOne<{ text: string }>(
    `select pg_catalog.format('as %s increment %s minvalue %s maxvalue %s start %s cache %s %s',
              pg_catalog.format_type(s.seqtypid, null), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
              case when s.seqcycle then 'cycle' else 'no cycle' end) as text
       from pg_catalog.pg_sequence s
      where s.seqrelid = pg_catalog.to_regclass($1::text)`,
    [quoteFqname(sequence)],
  );
  return row?.text ?? null;
}
