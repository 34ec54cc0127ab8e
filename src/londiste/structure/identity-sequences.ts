// The sequence of an identity column is made with the column. One of its name may be there already: add-seq has made it, and
// replication raises it. Its value goes over to the column's.
import { type Connection, quoteFqname, quoteLiteral, splitFqname } from "../../postgres/index.ts";
import type { TableStructure } from "./table-structure.ts";

export interface IdentitySequences {
  /** Names that the new columns cannot have: something else uses them. */
  readonly taken: ReadonlySet<string>;
  /** To be run before the columns are made. */
  readonly drops: readonly string[];
  /** Afterwards. */
  readonly values: readonly string[];
}

/** In a transaction; the sequences that will be dropped are locked. `schema` is that of the table to be made. */
export async function planIdentitySequences(
  target: Connection,
  tables: readonly TableStructure[],
  schema: string,
): Promise<IdentitySequences> {
  const taken = new Set<string>();
  const drops: string[] = [];
  const values: string[] = [];
  for (const { identity } of tables.flatMap(({ columns }) => columns)) {
    const name = identity?.sequence.name;
    if (name === undefined || splitFqname(name)[0] !== schema) continue;
    const quoted = quoteFqname(name);
    const state = await stateOf(target, quoted);
    if (state === "taken") taken.add(name);
    if (state !== "free") continue;
    // Changes nothing, and keeps others from changing the value.
    await target.execute(`alter sequence ${quoted} owned by none`);
    const { last, isCalled } = await target.one<{ last: string; isCalled: boolean }>(
      `select last_value::text as last, is_called as "isCalled" from ${quoted}`,
    );
    drops.push(`drop sequence ${quoted}`);
    values.push(`select pg_catalog.setval(${quoteLiteral(quoted)}, ${last}, ${isCalled})`);
  }
  return { taken, drops, values };
}

/** Free: a sequence that no default and no column uses. */
async function stateOf(target: Connection, quoted: string): Promise<"absent" | "free" | "taken"> {
  const row = await target.maybeOne<{ isFree: boolean }>(
    `select c.relkind = 'S' and not exists (
              select from pg_catalog.pg_depend d
               where (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid)
                  or (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                      and d.deptype in ('a', 'i', 'e'))) as "isFree"
       from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass($1::text)`,
    [quoted],
  );
  if (row === null) return "absent";
  return row.isFree ? "free" : "taken";
}
