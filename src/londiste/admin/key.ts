// The key by which changes of a table find their row again.
import { SkytoolsError } from "../../errors/index.ts";
import { quoteFqname, type Queryable } from "../../postgres/index.ts";

export interface TableKeys {
  /** One that is not deferrable. */
  readonly hasPrimaryKey: boolean;
  /** Two rows may have the same key for a moment, so that a change does not tell which of them it means. */
  readonly hasDeferrableKey: boolean;
  /** Unique indexes whose columns allow no NULL, each with its columns; that of the replica identity first. */
  readonly others: readonly {
    readonly index: string;
    readonly columns: readonly string[];
    readonly isIdentity: boolean;
  }[];
}

interface KeyRow {
  readonly index: string;
  readonly is_primary: boolean;
  readonly is_identity: boolean;
  readonly is_immediate: boolean;
  readonly columns: readonly string[];
}

const KEYS = `
select c.relname::text as index, i.indisprimary as is_primary, i.indisreplident as is_identity,
       i.indimmediate as is_immediate,
       array(select a.attname::text
               from pg_catalog.unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) with ordinality k (number, place)
               join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
              where a.attnotnull order by k.place) as columns
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
 where i.indrelid = pg_catalog.to_regclass($1::text)
   and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
   and not exists (select from pg_catalog.unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) k (number)
                     join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
                    where not a.attnotnull)
 order by i.indisreplident desc, c.relname collate "C"`;

export async function readKeys(db: Queryable, table: string): Promise<TableKeys> {
  const rows = await db.query<KeyRow>(KEYS, [quoteFqname(table)]);
  const usable = rows.filter((row) => row.is_immediate);
  return {
    hasPrimaryKey: usable.some((row) => row.is_primary),
    hasDeferrableKey: rows.some((row) => row.is_primary && !row.is_immediate),
    others: usable
      .filter((row) => !row.is_primary)
      .map(({ index, columns, is_identity }) => ({ index, columns, isIdentity: is_identity })),
  };
}

/**
 * What has to be said about the key when the trigger is made: nothing for a primary key, `pkey=a,b` for the index of the
 * replica identity. @throws TABLE_UNFIT when there is no key, or one has to be chosen
 */
export async function keyArguments(db: Queryable, table: string): Promise<readonly string[]> {
  const { hasPrimaryKey, hasDeferrableKey, others } = await readKeys(db, table);
  if (hasPrimaryKey) return [];
  const [first] = others;
  if (first?.isIdentity === true) return [`pkey=${first.columns.join(",")}`];
  const fault = hasDeferrableKey ? "Primary key is deferrable on table" : "Primary key missing on table";
  const wanted = hasDeferrableKey ? "make the primary key NOT DEFERRABLE, or add" : "add a primary key, or";
  throw new SkytoolsError("TABLE_UNFIT", `${fault}: ${table}`, {
    hint:
      first === undefined
        ? `${wanted} a unique index over columns that are NOT NULL`
        : `choose a unique index by its columns: --trigger-arg ${others.map(({ columns }) => `pkey=${columns.join(",")}`).join(" or ")}`,
  });
}
