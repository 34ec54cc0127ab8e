// Conditions of domains that are NOT VALID. The server holds them against every value that it is given: rows that the
// provider has had since before such a condition can be neither copied nor replayed where it stands.
import { quoteFqname, type Queryable } from "../../postgres/index.ts";
import type { CheckFinding } from "./finding.ts";

export interface DomainSide {
  readonly db: Queryable;
  /** schema.name, not quoted. */
  readonly table: string;
}

interface Condition {
  readonly column: string;
  readonly domain: string;
  readonly name: string;
  readonly isValidated: boolean;
}

export async function checkDomains(
  there: DomainSide,
  here: DomainSide,
): Promise<readonly Omit<CheckFinding, "table">[]> {
  const broken = (await conditionsOf(there)).filter(({ isValidated }) => !isValidated);
  if (broken.length === 0) return [];
  return (await conditionsOf(here))
    .filter(({ column, name }) => broken.some((one) => one.column === column && one.name === name))
    .map(({ column, domain, name }) => ({
      level: "warning" as const,
      text: `column ${column}: constraint ${name} of domain ${domain} is NOT VALID on the provider, whose older rows are refused here`,
      hint: `drop it here (alter domain ${domain} drop constraint ${name}), or validate it there`,
    }));
}

/** Of the domains of the columns, of those that they are made of, and of the elements of arrays. */
async function conditionsOf({ db, table }: DomainSide): Promise<readonly Condition[]> {
  return await db.query<Condition>(
    `with recursive part (col, type) as (
       select a.attname, a.atttypid from pg_catalog.pg_attribute a
        where a.attrelid = pg_catalog.to_regclass($1::text) and a.attnum > 0 and not a.attisdropped
       union
       select p.col, x.type from part p join pg_catalog.pg_type t on t.oid = p.type
        cross join lateral (
          select t.typbasetype where t.typtype = 'd'
           union all select t.typelem where t.typcategory = 'A' and t.typelem <> 0) x (type))
     select p.col::text as column, pg_catalog.format_type(p.type, null) as domain,
            pg_catalog.quote_ident(c.conname) as name, c.convalidated as "isValidated"
       from part p join pg_catalog.pg_constraint c on c.contypid = p.type
      where c.contype = 'c'
      order by p.col, c.conname`,
    [quoteFqname(table)],
  );
}
