// The root of a set, found from any of its nodes: up from provider to provider.
import { SkytoolsError } from "../../errors/index.ts";
import { getNodeIfInstalled, type NodeInfo } from "../sql-calls/index.ts";
import { refuse } from "./cascade-set.ts";
import type { AdminContext } from "./context.ts";

export interface FoundNode {
  readonly info: NodeInfo;
  readonly location: string;
}

/** The node of a database. @throws NODE_UNKNOWN */
export async function nodeAt(
  { connections, queue }: Pick<AdminContext, "connections" | "queue">,
  location: string,
): Promise<NodeInfo> {
  const info = await getNodeIfInstalled(await connections.at(location), queue);
  if (info !== null) return info;
  throw new SkytoolsError("NODE_UNKNOWN", `there is no node of queue ${queue} in the provider's database`, {
    hint: "make the root first, with create-root; or is it another queue_name?",
  });
}

/** @throws NODE_UNKNOWN, SET_REFUSED when providers form a loop */
export async function findRoot(
  context: Pick<AdminContext, "connections" | "queue">,
  location: string,
): Promise<FoundNode> {
  const seen: string[] = [];
  for (let at = location; ;) {
    const info = await nodeAt(context, at);
    if (info.type === "root") return { info, location: at };
    if (seen.includes(info.name)) refuse(`the providers form a loop: ${[...seen, info.name].join(" from ")}`);
    seen.push(info.name);
    if (info.providerLocation === null) refuse(`node ${info.name} has no provider`, "its worker is not registered");
    at = info.providerLocation;
  }
}
