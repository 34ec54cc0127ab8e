// What hangs on a table: indexes, rules, triggers, comments, rights. The server's definitions name the table once, at a
// place that grammar fixes; there the new name is put in.
import { quoteFqname, quoteIdent, quoteLiteral, splitFqname, tokenizeSql } from "../../postgres/index.ts";
import { indexMarks, withTablespace } from "./drop-for-copy.ts";
import type { TableIndex, TableStructure } from "./table-structure.ts";

/** Those of constraints came with them, those of a parent's index with that. */
export function indexStatements(indexes: readonly TableIndex[], name: string): string[] {
  return indexes
    .filter(({ parentIndex, isValid }) => parentIndex === null && isValid)
    .flatMap((index) => {
      if (index.constraint !== null) return indexMarks(index, name);
      const unique = index.isUnique ? "unique " : "";
      const definition = withTablespace(index.definition, index.tablespace);
      return [
        `create ${unique}index ${quoteIdent(index.name)} on ${quoteFqname(name)} ${definition}`,
        ...indexMarks(index, name),
      ];
    });
}

const enabledWords = { O: null, D: "disable", R: "enable replica", A: "enable always" } as const;

/** Those of queues are made by add-table; those of a partition come from its table. */
export function triggerStatements(table: TableStructure, name: string): string[] {
  return table.triggers
    .filter(({ queue, isOfParent }) => queue === null && !isOfParent)
    .flatMap((trigger) => {
      const word = enabledWords[trigger.enabled];
      return [
        withTable(trigger.definition, "on", name),
        ...(word === null ? [] : [`alter table ${quoteFqname(name)} ${word} trigger ${quoteIdent(trigger.name)}`]),
      ];
    });
}

export function ruleStatements(table: TableStructure, name: string): string[] {
  return table.rules.flatMap((rule) => {
    const word = enabledWords[rule.enabled];
    return [
      withTable(rule.definition, "to", name),
      ...(word === null ? [] : [`alter table ${quoteFqname(name)} ${word} rule ${quoteIdent(rule.name)}`]),
    ];
  });
}

/** CREATE TRIGGER … ON table, CREATE RULE … AS ON event TO table: the first such word outside of names and brackets. */
export function withTable(definition: string, word: "on" | "to", name: string): string {
  let result = "";
  let state: "before" | "name" | "after" = "before";
  let depth = 0;
  for (const { kind, text } of tokenizeSql(definition, { isFqident: true })) {
    if (text === "(") depth += 1;
    if (text === ")") depth -= 1;
    if (state === "name" && kind === "ident") {
      state = "after";
      result += quoteFqname(name);
      continue;
    }
    result += text;
    // The name of the trigger is an identifier too, but a keyword as a name is quoted.
    if (state === "before" && depth === 0 && kind === "ident" && text.toLowerCase() === word) state = "name";
  }
  return result;
}

/** Those of columns are made with the columns. */
export function commentStatements(table: TableStructure, name: string): string[] {
  const quoted = quoteFqname(name);
  const schema = quoteIdent(splitFqname(name)[0]);
  const objects: (readonly [object: string, comment: string | null])[] = [
    [`table ${quoted}`, table.comment],
    ...table.constraints
      .filter(({ kind }) => kind !== "foreign key")
      .map((one) => [`constraint ${quoteIdent(one.name)} on ${quoted}`, one.comment] as const),
    ...table.indexes.map((index) => [`index ${schema}.${quoteIdent(index.name)}`, index.comment] as const),
  ];
  return objects.flatMap(([object, comment]) =>
    comment === null ? [] : [`comment on ${object} is ${quoteLiteral(comment)}`],
  );
}

export function grantStatements(table: TableStructure, name: string): string[] {
  return table.grants.map(({ grantee, privilege, isGrantable, column }) => {
    const what = column === null ? privilege : `${privilege} (${quoteIdent(column)})`;
    const option = isGrantable ? " with grant option" : "";
    return `grant ${what} on table ${quoteFqname(name)} to ${grantee === null ? "public" : quoteIdent(grantee)}${option}`;
  });
}
