// From what is wanted and what is there to what has to be done. Nothing is ever removed: a table or node that is there and
// not in the file is only told of.
import { SkytoolsError } from "../../errors/index.ts";
import type { PresentNode } from "./present-set.ts";
import type { WantedNode, WantedSet, WantedTable } from "./wanted-set.ts";

export type PlanStep =
  | { readonly kind: "create-node"; readonly node: WantedNode }
  | {
      readonly kind: "add-table";
      readonly node: WantedNode;
      readonly table: string;
      readonly dest: string | null;
      readonly details: WantedTable | null;
    }
  | { readonly kind: "add-sequence"; readonly node: WantedNode; readonly sequence: string };

export interface SetPlan {
  readonly steps: readonly PlanStep[];
  /** What is otherwise than in the file, and is left alone. */
  readonly remarks: readonly string[];
}

/** @throws WRONG_USE when a location is that of another node */
export function planSet(wanted: WantedSet, present: ReadonlyMap<string, PresentNode>): SetPlan {
  const steps: PlanStep[] = [];
  const remarks: string[] = [];
  const [root] = wanted.nodes;
  const source = root === undefined ? undefined : present.get(root.name);
  for (const node of wanted.nodes) {
    const there = present.get(node.name);
    if (there?.info == null) steps.push({ kind: "create-node", node });
    else remarks.push(...differences(node, there));

    const names = expand(node.tables ?? wanted.tables, [
      ...(source?.allTables ?? []),
      // Renamed on the root, or without a table there.
      ...(source?.tables ?? []).map(({ name }) => name),
      ...wanted.details.map(({ pattern }) => pattern).filter((name) => !isPattern(name)),
    ]);
    const details = (table: string): WantedTable | null =>
      wanted.details.find(({ pattern }) => matches(pattern, table)) ?? null;
    const isWanted = (table: string): boolean => details(table)?.nodes?.includes(node.name) ?? true;
    for (const table of names.filter((name) => isWanted(name) || node === root)) {
      if (there?.tables.some(({ name, isLocal }) => name === table && isLocal) === true) continue;
      const found = details(table);
      steps.push({ kind: "add-table", node, table, dest: found?.dest.get(node.name) ?? null, details: found });
    }
    for (const sequence of expand(node.sequences ?? wanted.sequences, source?.allSequences ?? [])) {
      if (there?.sequences.some(({ name, isLocal }) => name === sequence && isLocal) === true) continue;
      steps.push({ kind: "add-sequence", node, sequence });
    }
    const extra = (there?.tables ?? []).filter(({ name, isLocal }) => isLocal && !names.includes(name));
    remarks.push(...extra.map(({ name }) => `node ${node.name}: table ${name} is replicated, and not in the file`));
  }
  // Sequences go first on each node: a table's default may need one.
  return { steps: nodesFirst(steps), remarks };
}

function nodesFirst(steps: readonly PlanStep[]): readonly PlanStep[] {
  const rank = { "create-node": 0, "add-sequence": 1, "add-table": 2 } as const;
  const nodes = [...new Set(steps.map(({ node }) => node))];
  const order = (step: PlanStep): number =>
    step.kind === "create-node"
      ? nodes.indexOf(step.node)
      : nodes.length * (1 + nodes.indexOf(step.node)) * 10 + rank[step.kind];
  return [...steps].sort((a, b) => order(a) - order(b));
}

/** @throws WRONG_USE when it is another node: what is meant for the one would be done to the other */
function differences(node: WantedNode, { info }: PresentNode): readonly string[] {
  if (info === null) return [];
  if (info.name !== node.name) {
    throw new SkytoolsError("WRONG_USE", `[node ${node.name}]: the database of its location holds node ${info.name}`, {
      hint: "correct the location or the name",
    });
  }
  const remarks: string[] = [];
  const tell = (what: string, there: string | null, inFile: string | null): void => {
    if (there !== inFile)
      remarks.push(`node ${node.name}: ${what} is ${there ?? "none"}, in the file ${inFile ?? "none"}`);
  };
  tell("its type", info.type, node.type);
  if (info.type !== "root" && node.type !== "root") tell("its provider", info.provider, node.provider);
  tell("its worker", info.worker, node.worker);
  return remarks;
}

/** Names of the candidates that fit; names that are no patterns come along, so that their absence is told by who adds them. */
export function expand(wanted: readonly string[], candidates: readonly string[]): readonly string[] {
  const found = wanted.flatMap((word) => (isPattern(word) ? candidates.filter((name) => matches(word, name)) : [word]));
  return [...new Set(found)];
}

function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

export function matches(pattern: string, name: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(name);
}

export function stepText(step: PlanStep): string {
  const { node } = step;
  if (step.kind === "create-node") {
    const reads = node.provider === null ? "" : `, which reads from ${node.provider}`;
    return `${node.name}: make the ${node.type}${reads}`;
  }
  if (step.kind === "add-sequence") return `${node.name}: add sequence ${step.sequence}`;
  const { table, dest, details } = step;
  const handler = details?.handler == null ? "" : `, handler ${details.handler}`;
  return `${node.name}: add table ${table}${dest === null ? "" : ` as ${dest}`}${handler}`;
}
