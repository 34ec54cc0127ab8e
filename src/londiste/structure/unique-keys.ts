// What makes rows of a table unique, for rows that come from several moments and may be there twice.
import { type Connection, quoteFqname, quoteIdent, splitStatements } from "../../postgres/index.ts";

export interface UniqueIndexKey {
  /** SQL over the table's columns. */
  readonly expressions: readonly string[];
  /** Rows that are in the index; null: all. */
  readonly predicate: string | null;
  readonly isNullDistinct: boolean;
  /** Each row has one value: columns that cannot be null, and no predicate. */
  readonly isWhole: boolean;
}

const UNIQUE = "create unique index if not exists ";
const INDEX = "create index if not exists ";

/**
 * What follows the table's name in each unique index that the statements of planDrop bring back. Null: there are other
 * keys among them, deferrable ones or exclusion constraints.
 */
export function uniqueDefinitions(restores: string, table: string): readonly string[] | null {
  const definitions: string[] = [];
  const on = ` on ${quoteFqname(table)} `;
  for (const text of splitStatements(restores)) {
    const statement = text.trim().replace(/;$/, "");
    if (statement.startsWith(INDEX) || statement === "") continue;
    const at = statement.indexOf(on);
    if (statement.startsWith(UNIQUE) && at > 0) definitions.push(statement.slice(at + on.length));
    else if (statement.startsWith(UNIQUE)) return null;
    else if (!isHarmless(statement)) return null;
  }
  return definitions;
}

const MARK = /^(alter table .* (replica identity|cluster on) |comment on )/;
const CONSTRAINT = /^alter table only .* add constraint .* (primary key|unique) using index ("([^"]|"")+"|[^" ]+)$/;
/** Of a constraint that says nothing about rows that are there. */
const CHECK = /^alter table .* add constraint .* NOT (VALID|ENFORCED)$/s;

function isHarmless(statement: string): boolean {
  return MARK.test(statement) || CONSTRAINT.test(statement) || CHECK.test(statement);
}

/** Of indexes with such definitions, were they made. Inside of a transaction; leaves nothing behind. */
export async function keysOfDefinitions(
  db: Connection,
  table: string,
  definitions: readonly string[],
): Promise<readonly UniqueIndexKey[]> {
  await db.execute(`create temp table londiste_probe (like ${quoteFqname(table)})`);
  for (const definition of definitions) await db.execute(`create unique index on pg_temp.londiste_probe ${definition}`);
  const keys = await readUniqueIndexKeys(db, "pg_temp.londiste_probe");
  await db.execute("drop table pg_temp.londiste_probe");
  return keys;
}

const KEYS = `
  select array(select pg_get_indexdef(x.indexrelid, nr::int4, false)
                 from generate_series(1, x.indnkeyatts) nr order by nr)::text[] as expressions,
         pg_get_expr(x.indpred, x.indrelid) as predicate,
         pg_get_indexdef(x.indexrelid) !~* ' nulls not distinct' as "isNullDistinct",
         x.indpred is null and not exists (
           select from unnest(x.indkey::int2[]) with ordinality k (attnum, nr)
             left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum and a.attnotnull
            where k.nr <= x.indnkeyatts and a.attnum is null) as "isWhole"
    from pg_index x
   where x.indrelid = $1::text::regclass and x.indisunique and x.indisvalid
   order by x.indexrelid`;

/** `table` is quoted. */
export async function readUniqueIndexKeys(db: Connection, table: string): Promise<readonly UniqueIndexKey[]> {
  return await db.query<UniqueIndexKey & Record<string, unknown>>(KEYS, [table]);
}

/** Leaves one of the rows that have the same key. @returns how many are gone */
export async function deleteDuplicates(
  db: Connection,
  table: string,
  key: UniqueIndexKey,
  signal: AbortSignal,
): Promise<number> {
  const { expressions, isNullDistinct, predicate } = key;
  const only = `only ${quoteFqname(table)}`;
  const conditions = [
    ...(predicate === null ? [] : [`(${predicate})`]),
    ...(isNullDistinct ? expressions.map((expression) => `(${expression}) is not null`) : []),
  ];
  const where = conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
  const nr = `row_number() over (partition by ${expressions.join(", ")})`;
  return await db.affected(
    `delete from ${only} where ctid in (
       select d.row from (select ctid as row, ${nr} as nr from ${only}${where}) d where d.nr > 1)`,
    [],
    { signal },
  );
}

/** Deletes rows of `table` that have the key of a row of `others`, which has the same columns. Both are quoted. */
export async function deleteInTheWay(
  db: Connection,
  table: string,
  others: string,
  key: UniqueIndexKey,
): Promise<number> {
  const { expressions, isNullDistinct, predicate } = key;
  const names = expressions.map((_, nr) => quoteIdent(`londiste key ${nr}`));
  const equal = isNullDistinct ? "=" : "is not distinct from";
  const listed = expressions.map((expression, nr) => `${expression} as ${names[nr] ?? ""}`).join(", ");
  const inIndex = predicate === null ? "" : ` where ${predicate}`;
  const conditions = [
    ...expressions.map((expression, nr) => `(${expression}) ${equal} o.${names[nr] ?? ""}`),
    ...(predicate === null ? [] : [`(${predicate})`]),
  ];
  return await db.affected(
    `delete from only ${table} t using (select ${listed} from ${others}${inIndex}) o where ${conditions.join(" and ")}`,
  );
}
