// An administrator whose commands can be cut off between two steps, as when his program is killed.
import { type AdminContext, CascadeSet, type Plan, type SetHooks, type Step } from "../../src/cascade/index.ts";
import { systemClock } from "../../src/clock/index.ts";
import { type Connection, connect } from "../../src/postgres/index.ts";
import { createLogger } from "../../src/service/index.ts";
import type { CascadeNode } from "./cascade-set.ts";

export interface Administrator extends AsyncDisposable {
  /** Looks at the set from a node, without changing it. */
  plan(make: (set: CascadeSet) => Promise<Plan>): Promise<Plan>;
}

export function administratorOf(node: CascadeNode, hooks: SetHooks = {}, note?: (line: string) => void): Administrator {
  const opened = new Map<string, Promise<Connection>>();
  const at = (location: string): Promise<Connection> => {
    const found = opened.get(location) ?? connect(location, { env: {} });
    opened.set(location, found);
    return found;
  };
  const context: AdminContext = {
    queue: node.queue,
    connections: { local: () => at(node.location), at },
    log: createLogger({
      ...{ level: note === undefined ? "silent" : "info", format: "text" },
      ...(note === undefined ? {} : { write: note }),
    }),
    clock: systemClock,
    signal: new AbortController().signal,
    timeoutMs: 60_000,
    hooks,
  };
  return {
    plan: async (make) => await make(await CascadeSet.load(context)),
    async [Symbol.asyncDispose]() {
      for (const db of opened.values()) await (await db).close();
    },
  };
}

export async function runSteps(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await step.run();
}

/** The steps up to the one with that text, and from it on. */
export function cutAt({ steps }: Plan, text: string): readonly [readonly Step[], readonly Step[]] {
  const at = steps.findIndex((step) => step.text.includes(text));
  if (at < 0) throw new Error(`no step: ${text} among ${steps.map((step) => step.text).join("; ")}`);
  return [steps.slice(0, at), steps.slice(at)];
}
