// pause and resume, wait-root and wait-provider.
import { SkytoolsError } from "../../errors/index.ts";
import type { AnyCommand } from "../../programs/index.ts";
import { CascadeSet, type NodeConsumer, setPausedAndWait, waitForNode } from "../admin/index.ts";
import { getCascadeConsumers } from "../sql-calls/index.ts";
import { adminContext, commonFlags, refuseGeneral, setCommand, type SetFront } from "./front.ts";
import { setFlags } from "./keys.ts";

const pauseFlags = {
  ...commonFlags,
  node: setFlags.node,
  consumer: setFlags.consumer,
  timeout: setFlags.timeout,
} as const;

export function pauseCommand(isPaused: boolean, front: SetFront): AnyCommand {
  const name = isPaused ? "pause" : "resume";
  return setCommand<typeof pauseFlags>({
    name,
    summary: isPaused ? "let a consumer wait between two batches" : "let a consumer go on that was paused",
    flags: pauseFlags,
    pidfile: "admin",
    examples: [
      {
        line: `conf.ini ${name}${front.isGeneral ? " --node=node2" : ""}`,
        doc: "waits until it has accepted; one that does not run is not waited for",
      },
    ],
    async run(context) {
      const { options, out, service } = context;
      const { node, consumer } = options;
      refuseGeneral(front, { node, consumer });
      const set = await CascadeSet.load(adminContext(context, front));
      const whom = front.isGeneral
        ? await findConsumer(set, node, consumer)
        : { node: set.localName, consumer: service.jobName };
      const isChanged = await setPausedAndWait(set, whom, isPaused);
      const state = isPaused ? "paused" : "resumed";
      out.done(
        { ...whom, isPaused, isChanged },
        `Consumer '${whom.consumer}' on node '${whom.node}' ${isChanged ? "" : "already "}${state}`,
      );
      return undefined;
    },
  });
}

/** A node's worker or the consumer named; a consumer alone is looked for on the own node first, then on all others. */
async function findConsumer(set: CascadeSet, node: string | null, consumer: string | null): Promise<NodeConsumer> {
  if (node !== null) return { node, consumer: consumer ?? (await set.info(node)).worker };
  if (consumer === null) {
    throw new SkytoolsError("WRONG_USE", "Please specify --node= or --consumer=", { hint: "members lists the nodes" });
  }
  const others = (await set.liveNodes()).map(({ name }) => name).filter((name) => name !== set.localName);
  for (const name of [set.localName, ...others]) {
    const consumers = await getCascadeConsumers(await set.connect(name), set.queue);
    if (consumers.some((one) => one.consumer === consumer)) return { node: name, consumer };
  }
  throw new SkytoolsError("NODE_UNKNOWN", `no node has a consumer ${consumer}`, { hint: "show-consumers lists them" });
}

const waitFlags = { ...commonFlags, timeout: setFlags.timeout } as const;

export function waitCommand(which: "root" | "provider", front: SetFront): AnyCommand {
  return setCommand<typeof waitFlags>({
    name: `wait-${which}`,
    summary: `wait until all that the ${which} has now has arrived here`,
    flags: waitFlags,
    examples: [{ line: `conf.ini wait-${which} --timeout=60`, doc: "needs a running ticker and worker" }],
    async run(context) {
      const set = await CascadeSet.load(adminContext(context, front, null));
      const tick = await waitForNode(set, which);
      const text = tick === null ? "This node is root, nothing to wait for" : `Consumer is past tick ${tick}`;
      context.out.done({ tick }, text);
      return undefined;
    },
  });
}
