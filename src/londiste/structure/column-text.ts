// A column in CREATE TABLE, and what is set on it afterwards.
import { quoteFqname, quoteIdent, quoteLiteral, splitFqname } from "../../postgres/index.ts";
import { sequenceOptions } from "./sequence-text.ts";
import type { CreateTableOptions } from "./create-table-options.ts";
import type { TableColumn, TableStructure } from "./table-structure.ts";

const VIRTUAL_SINCE = 18;
export const NAMED_NOT_NULL_SINCE = 18;

/** A virtual column is stored where the server knows no virtual ones. */
export function columnDefinition(
  column: TableColumn,
  { destination, parts, targetMajor, takenSequences }: CreateTableOptions,
): string {
  const { name, type, collation, isNotNull, notNullName, generated, identity, defaultExpression } = column;
  const words = [quoteIdent(name), type];
  if (collation !== null) words.push(`collate ${collation}`);
  if (generated !== null) {
    const kind = generated.kind === "virtual" && targetMajor >= VIRTUAL_SINCE ? "virtual" : "stored";
    words.push(`generated always as (${generated.expression}) ${kind}`);
  }
  if (identity !== null) {
    const { sequence } = identity;
    // The set knows sequences by their names. It can only be in the schema of its table.
    const isNamed = splitFqname(sequence.name)[0] === splitFqname(destination)[0] && !takenSequences.has(sequence.name);
    const sequenceName = isNamed ? `sequence name ${quoteFqname(sequence.name)} ` : "";
    const options = sequenceOptions(sequence, { isIdentity: true });
    words.push(`generated ${identity.kind} as identity (${sequenceName}${options})`);
  }
  if (parts === "full" && defaultExpression !== null) words.push(`default ${defaultExpression}`);
  if (isNotNull) {
    const named =
      notNullName !== null && targetMajor >= NAMED_NOT_NULL_SINCE ? `constraint ${quoteIdent(notNullName)} ` : "";
    words.push(`${named}not null`);
  }
  return words.join(" ");
}

const storages: Readonly<Record<string, string>> = { p: "plain", e: "external", m: "main", x: "extended" };
const compressions: Readonly<Record<string, string>> = { p: "pglz", l: "lz4" };

export function columnExtras(table: TableStructure, name: string): string[] {
  const alter = `alter table ${quoteFqname(name)} alter column`;
  return table.columns.flatMap(({ name: column, storage, compression, statistics, comment, ownedSequence }) => {
    const quoted = quoteIdent(column);
    const statements: string[] = [];
    if (storage !== null) statements.push(`${alter} ${quoted} set storage ${storages[storage] ?? "extended"}`);
    if (compression !== null)
      statements.push(`${alter} ${quoted} set compression ${compressions[compression] ?? "default"}`);
    if (statistics !== null) statements.push(`${alter} ${quoted} set statistics ${statistics}`);
    if (comment !== null) {
      statements.push(`comment on column ${quoteFqname(name)}.${quoted} is ${quoteLiteral(comment)}`);
    }
    // A sequence can only belong to a table of its schema.
    if (ownedSequence !== null && splitFqname(ownedSequence.name)[0] === splitFqname(name)[0]) {
      statements.push(`alter sequence ${quoteFqname(ownedSequence.name)} owned by ${quoteFqname(name)}.${quoted}`);
    }
    return statements;
  });
}
