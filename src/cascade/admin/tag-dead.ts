// tag-dead and tag-alive: whether the other nodes wait for a member.
import { registerLocation } from "../sql-calls/index.ts";
import { type CascadeSet, firstLine, refuse } from "./cascade-set.ts";
import type { Plan, Step } from "./plan.ts";

/** @throws NODE_UNKNOWN, SET_REFUSED for the own node */
export async function planTagDead(set: CascadeSet, name: string): Promise<Plan> {
  set.member(name);
  if (name === set.localName) refuse(`node ${name} is the own node`, "run the command on another node");
  set.markDead(name);
  return { steps: await tagSteps(set, name, true), outcome: `Node '${name}' is marked as dead` };
}

/** @throws NODE_UNKNOWN, SET_REFUSED for a second root; what connecting throws when it does not live at all */
export async function planTagAlive(set: CascadeSet, name: string): Promise<Plan> {
  set.markDead(name, false);
  const { type } = await set.info(name);
  const root = (await set.liveNodes()).find((node) => node.type === "root" && node.name !== name);
  if (type === "root" && root !== undefined) {
    refuse(
      `node ${name} is root, and so is node ${root.name}`,
      `if that has taken its place: run resurrect on ${name}`,
    );
  }
  return { steps: await tagSteps(set, name, false), outcome: `Node '${name}' is marked as alive` };
}

/** One step a living node, the root first: it tells those that cannot be reached now. */
export async function tagSteps(set: CascadeSet, name: string, isDead: boolean): Promise<readonly Step[]> {
  const live = (await set.liveNodes()).filter((node) => !isDead || node.name !== name);
  const sorted = [...live].sort((a, b) => Number(b.type === "root") - Number(a.type === "root"));
  return sorted.map((node) => ({
    text: `mark node ${name} as ${isDead ? "dead" : "alive"} on node ${node.name}`,
    run: async () => {
      try {
        const db = await set.connect(node.name);
        await registerLocation(db, set.logOf(node.name), set.queue, { name, location: null, isDead });
      } catch (error) {
        set.context.log.warn({ node: node.name }, `node ${node.name} could not be told: ${firstLine(error)}`);
      }
    },
  }));
}
