// Commands that change who reads from whom: change-provider, takeover, drop-node, tag-dead, tag-alive.
import { SkytoolsError } from "../../errors/index.ts";
import type { AnyCommand } from "../../programs/index.ts";
import {
  CascadeSet,
  planChangeProvider,
  planDropNode,
  planRename,
  planTagAlive,
  planTagDead,
  planTakeover,
  type Plan,
} from "../admin/index.ts";
import { adminContext, carryOut, planFlags, refuseGeneral, setCommand, type SetFront } from "./front.ts";
import { setFlags } from "./keys.ts";

const NODE = { name: "node", doc: "which node" };

const changeFlags = {
  ...planFlags,
  provider: setFlags.provider,
  node: setFlags.node,
  consumer: setFlags.consumer,
} as const;

export function changeProviderCommand(front: SetFront): AnyCommand {
  return setCommand<typeof changeFlags>({
    name: "change-provider",
    summary: "let the node read from another node",
    flags: changeFlags,
    pidfile: "admin",
    examples: [{ line: "conf.ini change-provider --provider=node2", doc: "waits until node2 is far enough" }],
    async run(context) {
      const { options } = context;
      const { node, consumer, provider } = options;
      refuseGeneral(front, { node, consumer });
      if (provider === null) {
        throw new SkytoolsError("WRONG_USE", "Please specify --provider=", {
          hint: "the name of the node to read from",
        });
      }
      const set = await CascadeSet.load(adminContext(context, front));
      const plan = await planChangeProvider(set, {
        provider,
        ...(node === null ? {} : { node }),
        ...(consumer === null ? {} : { consumer }),
      });
      return await carryOut(context, plan);
    },
  });
}

const takeoverFlags = {
  ...planFlags,
  node: setFlags.node,
  all: setFlags.all,
  deadRoot: setFlags.deadRoot,
  deadBranch: setFlags.deadBranch,
} as const;

export function takeoverCommand(front: SetFront): AnyCommand {
  return setCommand<typeof takeoverFlags>({
    name: "takeover",
    summary: "let the node take the place of another one",
    args: [{ name: "old-node", doc: "whose place it takes" }],
    flags: takeoverFlags,
    pidfile: "admin",
    examples: [
      { line: "conf.ini takeover node1 --dry-run", doc: "shows the steps of a switchover" },
      { line: "conf.ini takeover node1 --dead-root", doc: "node1 is lost, and was root" },
    ],
    async run(context) {
      const { options, args } = context;
      const { node, deadRoot, deadBranch, all } = options;
      refuseGeneral(front, { node });
      if (deadRoot && deadBranch) {
        throw new SkytoolsError("WRONG_USE", "--dead-root and --dead-branch exclude each other", {
          hint: "say what the lost node was",
        });
      }
      const set = await CascadeSet.load(adminContext(context, front));
      const plan = await planTakeover(set, {
        oldNode: args[0] ?? "",
        movesAll: all,
        ...(node === null ? {} : { newNode: node }),
        ...(deadRoot ? { lost: "root" } : deadBranch ? { lost: "branch" } : {}),
      });
      return await carryOut(context, plan);
    },
  });
}

export function dropNodeCommand(front: SetFront): AnyCommand {
  return setCommand<typeof planFlags>({
    name: "drop-node",
    summary: "remove a node from the set, with its queue",
    args: [NODE],
    flags: planFlags,
    pidfile: "admin",
    examples: [{ line: "conf.ini drop-node node3", doc: "refused while others read from it" }],
    async run(context) {
      const set = await CascadeSet.load(adminContext(context, front));
      return await carryOut(context, await planDropNode(set, context.args[0] ?? ""));
    },
  });
}

export function renameNodeCommand(front: SetFront): AnyCommand {
  return setCommand<typeof planFlags>({
    name: "rename-node",
    summary: "give a node another name",
    args: [
      { name: "old-name", doc: "which node" },
      { name: "new-name", doc: "a name that no node of the set has" },
    ],
    flags: planFlags,
    pidfile: "admin",
    examples: [{ line: "conf.ini rename-node node3 reports", doc: "all living nodes must be reachable" }],
    async run(context) {
      const set = await CascadeSet.load(adminContext(context, front));
      const [from = "", to = ""] = context.args;
      return await carryOut(context, await planRename(set, { from, to }));
    },
  });
}

export function tagCommand(isDead: boolean, front: SetFront): AnyCommand {
  const state = isDead ? "dead" : "alive";
  return setCommand<typeof planFlags>({
    name: `tag-${state}`,
    summary: isDead ? "mark nodes as lost: the others do not wait for them" : "take the mark of lost nodes back",
    args: [{ name: "node", doc: "which ones", isRest: true }],
    flags: planFlags,
    pidfile: "admin",
    examples: [{ line: `conf.ini tag-${state} node3`, doc: "on all nodes that can be reached" }],
    async run(context) {
      const set = await CascadeSet.load(adminContext(context, front));
      const plans: Plan[] = []; // all are looked at before one is tagged
      for (const name of context.args) plans.push(await (isDead ? planTagDead : planTagAlive)(set, name));
      return await carryOut(context, {
        steps: plans.flatMap(({ steps }) => steps),
        outcome: plans.map(({ outcome }) => outcome).join("\n"),
      });
    },
  });
}
