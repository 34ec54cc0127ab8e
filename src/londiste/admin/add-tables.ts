// add-table: this node takes part in the replication of tables; on the root they become part of the set.
import { readNewestEvent } from "../../cascade/index.ts";
import { type ErrorCode, SkytoolsError } from "../../errors/index.ts";
import { type Connection, splitFqname } from "../../postgres/index.ts";
import { checkDomains } from "../check/index.ts";
import type { TableHandler } from "../handler/index.ts";
import { getTableList, globalAddTable, localAddTable } from "../sql-calls/index.ts";
import { createTableLike } from "../structure/index.ts";
import { formatAttributes, noAttributes } from "../tables/attributes.ts";
import { fullName, type TableInfo } from "../tables/table-info.ts";
import { type FillingTable, joinMerged, setAddedAt, tablesFilling } from "./added-at.ts";
import { alignTables } from "./align.ts";
import { chooseNames } from "./choose.ts";
import { type CopySource, openCopySource } from "./copy-source.ts";
import { changeTable, type Member, openProvider } from "./member.ts";
import { missingObjects } from "./missing.ts";
import type { AddTableOptions } from "./table-options.ts";
import { registrationKeywords, triggerArguments } from "./trigger-arguments.ts";

export interface TableWords {
  readonly words: readonly string[];
  readonly isAll: boolean;
  /** Names that are not there are taken as they are. */
  readonly isForced: boolean;
}

/**
 * Of several tables one that is unfit does not keep the others away.
 * @returns the names of the tables that were added. @throws NAME_UNKNOWN, TABLE_UNFIT at the end; NODE_REFUSED
 */
export async function addTables(
  member: Member,
  names: TableWords,
  options: AddTableOptions,
): Promise<readonly string[]> {
  const { context, db } = member;
  const provider = await openProvider(member);
  // Before the list: a removal that comes after it must count.
  const addedAt = provider === null ? null : await readNewestEvent(provider, context.queue);
  if (provider !== null) await alignTables(member, provider);
  const chosen = await chooseTables(member, names, options);
  if (options.dest !== null && chosen.length > 1) {
    throw new SkytoolsError("WRONG_USE", "--dest-table takes one table");
  }
  if (chosen.length === 0) return [];

  const source = await openSource(member, options, chosen);
  const list = source === null ? [] : await getTableList(source.db, context.queue);
  const offered = source === null ? chosen : offeredBy(member, { name: source.name, list }, chosen, options);
  const theirs = new Map(list.map(({ name, dest }) => [name, dest]));
  const added: string[] = [];
  const refused: SkytoolsError[] = [];
  const how = { source: source?.db ?? null, theirs, addedAt, options };
  for (const table of offered) {
    context.signal.throwIfAborted();
    try {
      if (await changeTable(member, () => addTable(member, table, how))) added.push(table);
    } catch (error) {
      if (!(error instanceof SkytoolsError) || !OF_ONE_TABLE.includes(error.code)) throw error;
      refused.push(error);
    }
  }
  const rest = (await getTableList(db, context.queue)).filter(({ isLocal, state }) => isLocal && state.kind !== "ok");
  context.log.debug({ added: added.length, unsynced: rest.length }, "tables added");
  if (refused.length > 0) throw refusal(refused, offered.length);
  return added;
}

const OF_ONE_TABLE: readonly ErrorCode[] = ["NAME_UNKNOWN", "TABLE_UNFIT"];

/** What is wrong with each of them. */
function refusal(refused: readonly SkytoolsError[], count: number): SkytoolsError {
  const [first] = refused as [SkytoolsError];
  if (count === 1) return first;
  const texts = refused.map(({ message }) => message).join("; ");
  const hints = new Set(refused.flatMap(({ hint }) => hint ?? []));
  return new SkytoolsError(first.code, `${refused.length} of ${count} tables were not added: ${texts}`, {
    hint: [...hints].join("; "),
    cause: first,
  });
}

async function chooseTables(member: Member, names: TableWords, options: AddTableOptions): Promise<readonly string[]> {
  const { context, db, node } = member;
  const { tables } = await missingObjects(member);
  const done = (await getTableList(db, context.queue)).filter(({ isLocal }) => isLocal).map(({ name }) => name);
  // A handler that needs no table, or a table of another name: the name in the set is that of no table here.
  const first = fullName(names.words[0] ?? tables[0] ?? "x");
  const handler = context.handlers.open({ table: first, dest: first, handler: options.handler });
  const isFree = !handler.needsTable || (node.type === "root" && options.dest !== null);
  return chooseNames(context.log, {
    kind: "table",
    ...names,
    isForced: names.isForced || isFree,
    candidates: tables.filter((name) => !done.includes(name)),
    done,
  });
}

/** null: nothing is copied or made from elsewhere. */
async function openSource(
  member: Member,
  options: AddTableOptions,
  tables: readonly string[],
): Promise<CopySource | null> {
  if (member.node.type === "root") return null;
  if (options.copyNode === "?" && options.create === null) return null;
  return await openCopySource(member, options.copyNode, tables);
}

/** Those that are local on the source, where the copy would find no rows otherwise. */
function offeredBy(
  { context }: Member,
  source: { readonly name: string; readonly list: readonly TableInfo[] },
  tables: readonly string[],
  { isSynced, isSkippingMissing }: AddTableOptions,
): readonly string[] {
  if (isSynced) return tables;
  const there = new Set(source.list.filter(({ isLocal }) => isLocal).map(({ name }) => name));
  const lacking = tables.filter((name) => !there.has(name));
  for (const name of lacking) {
    context.log.warn(
      { table: name },
      `Table ${name} does not exist on node ${source.name}, need to switch to different provider`,
    );
  }
  if (lacking.length > 0 && !isSkippingMissing) {
    throw new SkytoolsError("NAME_UNKNOWN", `node ${source.name} does not have ${lacking.join(", ")}`, {
      hint: "add it there first, change the provider, or take another source: --copy-node, --find-copy-node",
    });
  }
  return tables.filter((name) => !lacking.includes(name));
}

interface AddedTable {
  readonly source: Connection | null;
  /** Names of the set → names on the source. */
  readonly theirs: ReadonlyMap<string, string>;
  /** Where the provider's queue was before its list had the table; null on the root. */
  readonly addedAt: bigint | null;
  readonly options: AddTableOptions;
}

/** In the transaction that is open. @returns false: passed over */
async function addTable(member: Member, table: string, added: AddedTable): Promise<boolean> {
  const { source, theirs, addedAt, options } = added;
  const { context, db, node } = member;
  const { queue, log, handlers } = context;
  const dest = options.dest === null ? table : fullName(options.dest);
  const handler = handlers.open({ table, dest, handler: options.handler });
  const nameThere = theirs.get(table) ?? table;
  if (!(await hasTable(member, { table, dest, nameThere, handler, source, options }))) return false;
  const doubts = source === null ? [] : await checkDomains({ db: source, table: nameThere }, { db, table: dest });
  for (const { text, hint } of doubts) log.warn({ table, hint }, text);
  const before = await tablesFilling(db, dest);
  if (handler.needsTable) refuseShared(member, before, { table, dest, options });
  const args = await triggerArguments(member, { dest, handler, options });
  if (node.type !== "root") await globalAddTable(db, log, queue, table);
  await localAddTable(db, log, queue, {
    table,
    triggerArgs: [...args, ...registrationKeywords(options, handler)],
    attributes: formatAttributes({
      ...noAttributes,
      handler: options.handler,
      copyNode: options.copyNode,
      maxParallelCopy: options.maxParallelCopy,
    }),
    dest: dest === table ? null : dest,
  });
  // Not with the call: it gives the attributes to the tables of other queues too, which have other events.
  if (addedAt !== null) await setAddedAt(db, queue, table, addedAt);
  if (node.type === "leaf" && options.merge !== "none") {
    const isNew = (one: FillingTable): boolean =>
      one.queue !== queue && !before.some((other) => other.queue === one.queue && other.table === one.table);
    for (const one of (await tablesFilling(db, dest)).filter(isNew)) await joinMerged(context, one);
  }
  return true;
}

/**
 * A table logs its changes under one name of the set, so that nobody would get those of the other. On a leaf, where it logs
 * none, a copy would throw away the other's rows.
 */
function refuseShared(
  { context, node }: Member,
  filling: readonly FillingTable[],
  { table, dest, options }: Pick<TableNeed, "table" | "dest" | "options">,
): void {
  const keepsRows = options.isSynced || options.isTruncateSkipped;
  if (node.type === "leaf" ? keepsRows : options.noTriggers) return;
  const other = filling.find((one) => one.queue === context.queue && one.table !== table);
  if (other === undefined) return;
  throw new SkytoolsError("TABLE_UNFIT", `table ${dest} is part of the set already, as ${other.table}`, {
    hint:
      node.type === "leaf"
        ? "its copy would throw away the rows that are there: --skip-truncate, --expect-sync"
        : "a table has one name in a set: take the other out first, remove-table",
  });
}

interface TableNeed {
  readonly table: string;
  readonly dest: string;
  /** On the source. */
  readonly nameThere: string;
  readonly handler: TableHandler;
  readonly source: Connection | null;
  readonly options: AddTableOptions;
}

/** Makes the table if that is asked for. @returns false when there is none and it is to be passed over */
async function hasTable({ context, db, node }: Member, need: TableNeed): Promise<boolean> {
  const { table, dest, nameThere, handler, source, options } = need;
  if (!handler.needsTable && node.type !== "root") return true;
  if (options.create !== null && source !== null) {
    const outcome = await createTableLike(source, db, nameThere, { destination: dest, parts: options.create });
    if (outcome === "no source") {
      context.log.warn({ table }, `Table ${nameThere} is missing on the source, skipping`);
      return false;
    }
    context.log.info(
      { table: dest },
      outcome === "exists" ? `Table ${dest} already exist, not touching` : `Table ${dest} created`,
    );
    return true;
  }
  const found = await db.query<{ schema: string }>(
    `select n.nspname as schema from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname || '.' || c.relname = $1::text`,
    [dest],
  );
  const [schema] = splitFqname(dest);
  if (found.some((relation) => relation.schema === schema)) return true;
  const [dotted] = found;
  if (dotted !== undefined) {
    throw new SkytoolsError("TABLE_UNFIT", `table ${dest}: schema "${dotted.schema}" has a dot in its name`, {
      hint: "names in a set are split at their first dot: rename the schema; a table's own name may have dots",
    });
  }
  if (options.isSkippingMissing) {
    context.log.warn({ table: dest }, `Table ${dest} does not exist here, skipping`);
    return false;
  }
  throw new SkytoolsError("NAME_UNKNOWN", `table ${dest} does not exist in this database`, {
    hint: "--create or --create-full makes it like that of the provider; --skip-non-existing passes over it",
  });
}
