// Who reads from whom, from what living nodes say.
import type { LiveNode } from "./cascade-set.ts";
import { refuse } from "./cascade-set.ts";

export type NodeMap = ReadonlyMap<string, LiveNode>;

export function byName(nodes: readonly LiveNode[]): NodeMap {
  return new Map(nodes.map((node) => [node.name, node]));
}

/** The node and those above it, as far as they are known; ends at a root, at an unknown node, or where a loop closes. */
export function pathUp(nodes: NodeMap, name: string): readonly string[] {
  const path: string[] = [];
  for (let node = nodes.get(name); node !== undefined && !path.includes(node.name);) {
    path.push(node.name);
    node = node.type === "root" || node.provider === null ? undefined : nodes.get(node.provider);
  }
  return path;
}

/** @throws SET_REFUSED when there is none, or more than one */
export function rootOf(nodes: NodeMap): LiveNode {
  const [root, other] = [...nodes.values()].filter(({ type }) => type === "root");
  if (root === undefined) refuse("no living node is root", "takeover --dead-root makes a branch the new one");
  if (other !== undefined) {
    refuse(`there are two roots: ${root.name} and ${other.name}`, "`status` says what can be done");
  }
  return root;
}

/** @throws SET_REFUSED when nodes read from each other: a takeover of their root has died in its middle */
export function requireNoRing(nodes: NodeMap, name: string): void {
  const path = pathUp(nodes, name);
  const last = nodes.get(path.at(-1) ?? name);
  if (last === undefined || last.type === "root" || last.provider === null || !path.includes(last.provider)) return;
  refuse(`there is no root: nodes ${path.join(", ")} read from each other`, "a takeover ended half-way: give it again");
}

/** @throws SET_REFUSED when the node cannot be read from */
export function requireQueueNode({ name, type }: LiveNode): void {
  if (type === "leaf") refuse(`node ${name} is a leaf: it has no copy of the queue that others could read`);
}

/** @throws SET_REFUSED when the node would read, indirectly, from itself */
export function requireNoLoop(nodes: NodeMap, node: string, provider: string): void {
  if (node === provider) refuse(`node ${node} cannot subscribe to itself`);
  if (pathUp(nodes, provider).includes(node)) {
    refuse(
      `node ${provider} reads from node ${node} itself (${pathUp(nodes, provider).join(" from ")})`,
      `move ${provider} first: change-provider, or let it take over: takeover ${node}`,
    );
  }
}
