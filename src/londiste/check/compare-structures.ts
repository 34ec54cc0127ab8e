// How a table of this node differs from that of its provider, as far as replay and copy mind.
import type { TableColumn, TableConstraint, TableStructure } from "../structure/index.ts";
import type { CheckFinding } from "./finding.ts";

type Found = Omit<CheckFinding, "table">;

/** `theirs` is where the changes come from. */
export function compareStructures(theirs: TableStructure, ours: TableStructure): readonly Found[] {
  const own = new Map(ours.columns.map((column) => [column.name, column]));
  const found: Found[] = [];
  for (const column of theirs.columns) {
    const here = own.get(column.name);
    if (here === undefined) {
      found.push({
        level: "error",
        text: `column ${column.name} is missing here`,
        hint: "add it, by execute on the root",
      });
    } else found.push(...compareColumns(column, here));
  }
  for (const column of ours.columns) {
    if (!theirs.columns.some(({ name }) => name === column.name)) found.push(...extraColumn(column));
  }
  return [...found, ...compareKeys(theirs, ours), ...ownConditions(ours)];
}

function compareColumns(theirs: TableColumn, ours: TableColumn): readonly Found[] {
  const found: Found[] = [];
  if (theirs.type !== ours.type) {
    found.push({
      level: "warning",
      text: `column ${ours.name} is ${ours.type} here and ${theirs.type} on the provider`,
    });
  }
  if (ours.isNotNull && !theirs.isNotNull) {
    found.push({
      level: "warning",
      text: `column ${ours.name} takes no NULL here, and does on the provider`,
      hint: "drop the condition here, or set it there",
    });
  }
  if (ours.generated !== null && theirs.generated === null) {
    found.push({
      level: "warning",
      text: `column ${ours.name} is generated here: what comes from the provider is left out`,
    });
  }
  return found;
}

function extraColumn(column: TableColumn): readonly Found[] {
  const { name, isNotNull, defaultExpression, identity, generated } = column;
  if (!isNotNull || defaultExpression !== null || identity !== null || generated !== null) {
    return [{ level: "warning", text: `column ${name} is not on the provider` }];
  }
  return [{ level: "error", text: `column ${name} is not on the provider, takes no NULL and has no default` }];
}

function compareKeys(theirs: TableStructure, ours: TableStructure): readonly Found[] {
  const there = keyOf(theirs);
  const here = keyOf(ours);
  if (here === null && there !== null) {
    return [{ level: "error", text: `there is no primary key here, the provider's is (${there.columns.join(", ")})` }];
  }
  if (here === null || there === null) return [];
  if (here.columns.toSorted().join() === there.columns.toSorted().join()) return [];
  const text = `the primary key here is (${here.columns.join(", ")}), the provider's is (${there.columns.join(", ")})`;
  return [{ level: "error", text }];
}

function keyOf({ constraints }: TableStructure): TableConstraint | null {
  return constraints.find(({ kind }) => kind === "primary key") ?? null;
}

/** Conditions that rows of the provider may break: it need not have them. */
function ownConditions({ persistence, constraints }: TableStructure): readonly Found[] {
  return [
    ...(persistence === "unlogged"
      ? [{ level: "warning" as const, text: "the table is unlogged: after a crash of the server it is empty" }]
      : []),
    ...constraints
      .filter(({ kind, isDeferrable }) => kind === "unique" && isDeferrable)
      .map(({ name }) => ({ level: "warning" as const, text: `constraint ${name} is deferrable: it finds no rows` })),
  ];
}
