// Reads tables, indexes and sequences from our files: one column or constraint an entry, constraints with names.
import { firstParentheses, splitList } from "./scan-sql.ts";

export interface ColumnDefinition {
  readonly name: string;
  /** As the file spells it, serial types resolved. */
  readonly type: string;
  readonly isNotNull: boolean;
}

export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  readonly constraints: readonly string[];
}

const TABLE = /\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?([a-z_]\w*\.[a-z_]\w*)\s*(?=\()/i;
const TYPE_END = /\s+(?:not\s+null|null|default|primary\s+key|unique|references|check|constraint|collate|generated)\b/i;
const serials: Readonly<Record<string, string>> = { serial: "integer", bigserial: "bigint", smallserial: "smallint" };

/** The table that a statement creates, also one inside a DO block; null when it creates none. */
export function parseTable(statement: string): TableDefinition | null {
  const head = TABLE.exec(statement);
  if (head === null) return null;
  const entries = splitList(firstParentheses(statement.slice(head.index + head[0].length)).inside);
  return {
    name: head[1] ?? "",
    columns: entries.filter((entry) => !isConstraint(entry)).map(parseColumn),
    constraints: entries.flatMap((entry) => /^constraint\s+(\w+)/i.exec(entry)?.[1] ?? []),
  };
}

/** Names of the indexes that a statement creates (not those of constraints). */
export function parseIndexes(statement: string): readonly string[] {
  return [...statement.matchAll(/\bcreate\s+(?:unique\s+)?index\s+(?:if\s+not\s+exists\s+)?(\w+)\s+on\b/gi)].map(
    (match) => match[1] ?? "",
  );
}

/** Qualified names of the sequences that a statement creates. */
export function parseSequences(statement: string): readonly string[] {
  return [...statement.matchAll(/\bcreate\s+sequence\s+(?:if\s+not\s+exists\s+)?(\w+\.\w+)/gi)].map(
    (match) => match[1] ?? "",
  );
}

function parseColumn(entry: string): ColumnDefinition {
  const name = entry.slice(0, entry.indexOf(" "));
  const rest = entry.slice(name.length).trim();
  const end = TYPE_END.exec(rest)?.index ?? rest.length;
  const type = rest.slice(0, end).trim().toLowerCase();
  const constraints = rest.slice(end);
  return {
    name,
    type: serials[type] ?? type,
    isNotNull: type in serials || /\bnot\s+null\b|\bprimary\s+key\b/i.test(constraints),
  };
}

function isConstraint(entry: string): boolean {
  return /^(?:constraint|primary\s+key|unique|foreign\s+key|check|exclude|like)\b/i.test(entry);
}
