// A repair as text: statements that a person reads, and can run with psql. Changes demand the old values.
import { quoteFqname, quoteIdent, quoteLiteral } from "../../postgres/index.ts";
import type { RowDifference, TableMatch } from "../compare/index.ts";
import { keyOf, type TextRow } from "./read-rows.ts";

export interface StatementSource {
  /** Target's name, "schema.name". */
  readonly table: string;
  /** The same as FROM has it: with ONLY, or of a partitioned table without. */
  readonly from: string;
  readonly match: TableMatch;
  readonly source: ReadonlyMap<string, TextRow>;
  readonly target: ReadonlyMap<string, TextRow>;
}

/** What the texts of values depend on. */
export const statementHeader = `set datestyle = 'ISO, MDY';
set intervalstyle = 'postgres';
set timezone = 'UTC';
set client_encoding = 'UTF8';
set standard_conforming_strings = on;
`;

/** Types of values that can be compared with \`=\`; others are compared as text. */
const COMPARABLE =
  /^(?:smallint|integer|bigint|numeric|boolean|text|character varying|character|date|time|timestamp|uuid|bytea|oid|interval|jsonb|inet)\b(?!.*\[\])/;

/** Null when the row is not there any more as it was compared. */
export function statementFor(
  row: RowDifference,
  { table, from, match, source, target }: StatementSource,
): string | null {
  const ours = source.get(keyOf(row.key))?.values ?? null;
  const theirs = target.get(keyOf(row.key))?.values ?? null;
  if (row.kind === "insert") return ours === null ? null : insert(quoteFqname(table), match, ours).repeat(row.count);
  if (theirs === null) return null;
  if (row.kind === "delete") {
    const where = condition(match, theirs, () => true);
    if (match.key !== null) return `delete from ${from} where ${where};\n`;
    const some = `select tableoid, ctid from ${from} where ${where} limit ${row.count}`;
    return `delete from ${from} where (tableoid, ctid) in (${some});\n`;
  }
  if (ours === null) return null;
  const isChanged = (i: number): boolean => ours[i] !== theirs[i];
  const changes = match.columns.flatMap((column, i) =>
    isChanged(i) && !column.isGenerated ? [`${quoteIdent(column.name)} = ${quoteLiteral(ours[i] ?? null)}`] : [],
  );
  if (changes.length === 0) return null;
  const keys = new Set(match.key?.map((column) => column.name));
  const where = condition(match, theirs, (i, column) => keys.has(column) || isChanged(i));
  return `update ${from} set ${changes.join(", ")} where ${where};\n`;
}

function insert(name: string, { columns }: TableMatch, values: readonly (string | null)[]): string {
  const given = columns.map((column, i) => ({ ...column, value: values[i] ?? null })).filter((c) => !c.isGenerated);
  const names = given.map((column) => quoteIdent(column.name)).join(", ");
  const texts = given.map(({ value }) => quoteLiteral(value)).join(", ");
  return `insert into ${name} (${names}) overriding system value values (${texts});\n`;
}

function condition(
  { columns }: TableMatch,
  values: readonly (string | null)[],
  isWanted: (index: number, column: string) => boolean,
): string {
  return columns
    .flatMap(({ name, targetType }, i) => {
      if (!isWanted(i, name)) return [];
      const value = values[i] ?? null;
      if (value === null) return [`${quoteIdent(name)} is null`];
      const column = COMPARABLE.test(targetType) ? quoteIdent(name) : `${quoteIdent(name)}::text`;
      return [`${column} = ${quoteLiteral(value)}`];
    })
    .join(" and ");
}
