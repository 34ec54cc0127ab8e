// check: whether what the tables of this node are made of lets replication work. Changes nothing.
import type { Connection, Queryable } from "../../postgres/index.ts";
import { type Member, openProvider } from "../admin/member.ts";
import { readKeys } from "../admin/key.ts";
import { getSeqList, getTableList, readLondisteFacts } from "../sql-calls/index.ts";
import { readStructure, type TableStructure } from "../structure/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import { compareStructures } from "./compare-structures.ts";
import { checkDomains } from "./domains.ts";
import type { CheckFinding } from "./finding.ts";
import { checkRights } from "./rights.ts";
import { checkTriggers } from "./triggers.ts";
import { checkWriterSettings } from "./writer-settings.ts";

export interface CheckReport {
  /** Names that were looked at. */
  readonly tables: readonly string[];
  readonly findings: readonly CheckFinding[];
}

/** `names` are full names; empty: all local tables. */
export async function checkTables(member: Member, names: readonly string[]): Promise<CheckReport> {
  const { context, db } = member;
  const provider = await openProvider(member);
  const maySetRole = await maySetReplicationRole(db);
  const theirs = provider === null ? [] : await getTableList(provider, context.queue);
  const list = (await getTableList(db, context.queue)).filter(
    ({ name, isLocal }) => isLocal && (names.length === 0 || names.includes(name)),
  );
  const findings: CheckFinding[] = [...(await checkNode(member, maySetRole)), ...(await missingSequences(member))];
  for (const table of list) {
    context.signal.throwIfAborted();
    const source = theirs.find(({ name }) => name === table.name) ?? null;
    const found = await checkTable(member, table, { provider, source, maySetRole });
    findings.push(...found.map((finding) => ({ table: table.name, ...finding })));
  }
  return { tables: list.map(({ name }) => name), findings };
}

interface TableSource {
  readonly provider: Connection | null;
  readonly source: TableInfo | null;
  readonly maySetRole: boolean;
}

async function checkTable(
  member: Member,
  table: TableInfo,
  { provider, source, maySetRole }: TableSource,
): Promise<readonly Omit<CheckFinding, "table">[]> {
  const { context, db, node } = member;
  const { name, dest, attributes } = table;
  const handler = context.handlers.open({ table: name, dest, handler: attributes.handler });
  if (!handler.needsTable && node.type !== "root") return [];
  const ours = await readStructure(db, dest);
  if (ours === null) return [{ level: "error", text: `table ${dest} does not exist here` }];
  const found = [
    ...(await checkTriggers(db, ours, { queue: context.queue, isRoot: node.type === "root", maySetRole })),
    ...(node.type === "leaf" ? [] : await checkWriterSettings(db, ours, context.queue)),
    ...(node.type === "root" ? [] : await checkRights(db, dest)),
    ...(await checkKey(db, ours)),
    ...(node.type === "leaf" ? [] : await checkOwnedSequences(member, ours)),
  ];
  if (provider === null) return found;
  if (source === null) return [...found, { level: "error", text: "the provider does not know the table" }];
  if (!source.isLocal) return [...found, { level: "warning", text: "the table is not local on the provider" }];
  const there = await readStructure(provider, source.dest);
  if (there === null)
    return [...found, { level: "error", text: `table ${source.dest} does not exist on the provider` }];
  const domains = await checkDomains({ db: provider, table: source.dest }, { db, table: dest });
  return [...found, ...compareStructures(there, ours), ...domains];
}

async function checkKey(db: Queryable, { name }: TableStructure): Promise<readonly Omit<CheckFinding, "table">[]> {
  const { hasPrimaryKey, hasDeferrableKey, others } = await readKeys(db, name);
  if (hasPrimaryKey) return [];
  const [first] = others;
  const fault = hasDeferrableKey ? "the primary key is deferrable" : "there is no primary key";
  if (first === undefined) return [{ level: "error", text: `${fault}, and no unique index over columns without NULL` }];
  return [{ level: "warning", text: `${fault}; unique: (${first.columns.join(", ")})` }];
}

/** Of a node that is root or can become it. */
async function checkOwnedSequences(
  { context, db, node }: Member,
  { columns }: TableStructure,
): Promise<readonly Omit<CheckFinding, "table">[]> {
  const set = await getSeqList(db, context.queue);
  return columns.flatMap(({ name, ownedSequence, identity }) => {
    const sequence = ownedSequence?.name ?? identity?.sequence.name;
    if (sequence === undefined) return [];
    const known = set.find((one) => one.name === sequence);
    if (known?.isLocal === true) return [];
    const text = `sequence ${sequence} of column ${name} is not in the set: after a takeover it gives numbers again`;
    const hint =
      node.type === "root" || known !== undefined
        ? `add-seq ${sequence}`
        : "add that of the root's column there, and give this one its name (alter sequence … rename to …)";
    return [{ level: "warning" as const, text, hint }];
  });
}

async function missingSequences({ context, db }: Member): Promise<readonly CheckFinding[]> {
  const local = (await getSeqList(db, context.queue)).filter(({ isLocal }) => isLocal).map(({ name }) => name);
  const missing = await db.query<{ name: string }>(
    `select s.name from unnest($1::text[]) s (name)
      where not exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                         where c.relkind = 'S' and n.nspname || '.' || c.relname = s.name)`,
    [local],
  );
  return missing.map(({ name }) => ({
    ...{ table: null, level: "error" as const, text: `sequence ${name} does not exist here` },
    hint: `make it again, or take it out: remove-seq ${name}`,
  }));
}

async function checkNode({ db, node }: Member, maySetRole: boolean): Promise<readonly CheckFinding[]> {
  const facts = await readLondisteFacts(db);
  return [
    ...(facts.hasCapture
      ? []
      : [
          {
            ...{ table: null, level: "warning" as const, hint: "skytools install londiste" },
            text: "schema londiste is that of an older release",
          },
        ]),
    ...(maySetRole || node.type === "root"
      ? []
      : [
          {
            ...{ table: null, level: "warning" as const },
            text: "session_replication_role cannot be set: the worker puts triggers and foreign keys of replicated tables away",
            hint: "grant set on parameter session_replication_role to the owner of schema londiste (PostgreSQL 15 and newer)",
          },
        ]),
  ];
}

/** Tried in a transaction that is rolled back, as the worker will do it. */
async function maySetReplicationRole(db: Connection): Promise<boolean> {
  await db.execute("begin");
  try {
    await db.query("select londiste.set_session_replication_role('replica', true)::text as done");
    const { role } = await db.one<{ role: string }>(
      "select pg_catalog.current_setting('session_replication_role') as role",
    );
    return role === "replica";
  } catch {
    return false;
  } finally {
    await db.execute("rollback");
  }
}
