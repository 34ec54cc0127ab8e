// The key by which changes of a table find their row again.
import { SkytoolsError } from "../../errors/index.ts";
import { quoteFqname, type Queryable } from "../../postgres/index.ts";

export interface TableKeys {
  readonly hasPrimaryKey: boolean;
  /** Unique indexes whose columns allow no NULL, each with its columns; that of the replica identity first. */
  readonly others: readonly {
    readonly index: string;
    readonly columns: readonly string[];
    readonly isIdentity: boolean;
  }[];
}

const KEYS = `
select c.relname::text as index, i.indisprimary as is_primary, i.indisreplident as is_identity,
       array(select a.attname::text
               from pg_catalog.unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) with ordinality k (number, place)
               join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
              where a.attnotnull order by k.place) as columns
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
 where i.indrelid = pg_catalog.to_regclass($1::text)
   and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null
   and not exists (select from pg_catalog.unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) k (number)
                     join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
                    where not a.attnotnull)
 order by i.indisreplident desc, c.relname collate "C"`;

export async function readKeys(db: Queryable, table: string): Promise<TableKeys> {
  const rows = await db.query<{ index: string; is_primary: boolean; is_identity: boolean; columns: readonly string[] }>(
    KEYS,
    [quoteFqname(table)],
  );
  return {
    hasPrimaryKey: rows.some((row) => row.is_primary),
    others: rows
      .filter((row) => !row.is_primary)
      .map(({ index, columns, is_identity }) => ({ index, columns, isIdentity: is_identity })),
  };
}

/**
 * What has to be said about the key when the trigger is made: nothing for a primary key, `pkey=a,b` for the index of the
 * replica identity. @throws TABLE_UNFIT when there is no key, or one has to be chosen
 */
export async function keyArguments(db: Queryable, table: string): Promise<readonly string[]> {
  const { hasPrimaryKey, others } = await readKeys(db, table);
  if (hasPrimaryKey) return [];
  const [first] = others;
  if (first?.isIdentity === true) return [`pkey=${first.columns.join(",")}`];
  throw new SkytoolsError("TABLE_UNFIT", `Primary key missing on table: ${table}`, {
    hint:
      first === undefined
        ? "add a primary key, or a unique index over columns that are NOT NULL"
        : `choose a unique index by its columns: --trigger-arg ${others.map(({ columns }) => `pkey=${columns.join(",")}`).join(" or ")}`,
  });
}
