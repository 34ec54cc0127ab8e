// Members as trees: providers above, those that read from them below.
import type { MemberStatus, SetStatus } from "./read-status.ts";

export interface TreeNode {
  readonly member: MemberStatus;
  readonly children: readonly TreeNode[];
}

/** All members, each once: roots, nodes whose provider is not known, and where providers form a loop one of it, on top. */
export function forestOf({ members }: SetStatus): readonly TreeNode[] {
  const names = new Set(members.map(({ name }) => name));
  const placed = new Set<string>();
  const grow = (member: MemberStatus): TreeNode => {
    placed.add(member.name);
    const below = members.filter(
      (other) => providerOf(other) === member.name && isBelow(other) && !placed.has(other.name),
    );
    return { member, children: below.map(grow).sort(compareTrees) };
  };
  const tops = members.filter((member) => !isBelow(member) || !names.has(providerOf(member) ?? ""));
  const trees = tops.map(grow);
  for (const member of members) if (!placed.has(member.name)) trees.push(grow(member));
  return trees.sort((a, b) => rank(a) - rank(b) || compareTrees(a, b));
}

function providerOf({ answer }: MemberStatus): string | null {
  return answer?.info.provider ?? null;
}

function isBelow({ answer, name }: MemberStatus): boolean {
  return answer !== null && answer.info.type !== "root" && answer.info.provider !== name;
}

function rank({ member }: TreeNode): number {
  return member.answer?.info.type === "root" ? 0 : member.answer === null ? 2 : 1;
}

function depth({ children }: TreeNode): number {
  return 1 + Math.max(0, ...children.map(depth));
}

function size({ children }: TreeNode): number {
  return 1 + children.reduce((sum, child) => sum + size(child), 0);
}

function compareTrees(a: TreeNode, b: TreeNode): number {
  const byService = compareText(serviceOf(a.member.location), serviceOf(b.member.location));
  return depth(a) - depth(b) || size(a) - size(b) || byService || compareText(a.member.name, b.member.name);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The connection service that a location names; empty without one. */
export function serviceOf(location: string): string {
  return /\bservice\s*=\s*'?([^\s'&]+)/.exec(location)?.[1] ?? "";
}
