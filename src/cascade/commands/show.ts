// Commands that only look: status, node-status, node-info, members, show-consumers.
import type { AnyCommand, CommandContext } from "../../programs/index.ts";
import { formatOldTable, formatTable } from "../../print/index.ts";
import { withoutSecrets } from "../../postgres/index.ts";
import { CascadeSet } from "../admin/index.ts";
import { getCascadeConsumers } from "../sql-calls/index.ts";
import { detailsOf, memberJson, readStatus, statusJson, statusText, titleOf } from "../status/index.ts";
import { adminContext, commonFlags, setCommand, type SetFront } from "./front.ts";
import { setFlags } from "./keys.ts";

const statusFlags = { ...commonFlags, compact: setFlags.compact, timeout: setFlags.timeout } as const;

export function statusCommand(front: SetFront): AnyCommand {
  return setCommand<typeof statusFlags>({
    name: "status",
    summary: "show all nodes as a tree, how far each is behind, and who holds up cleaning",
    flags: statusFlags,
    isWatchable: true,
    examples: [{ line: "conf.ini status --watch", doc: "keeps looking; nodes that are lost are shown as such" }],
    async run(context) {
      const { options, out } = context;
      const status = await readStatus(
        await CascadeSet.load(adminContext(context, front)),
        statusOptions(context, front),
      );
      out.result(statusJson(status), () => statusText(status, { isCompact: options.compact, terminal: out.terminal }));
      return undefined;
    },
  });
}

function statusOptions(
  { service, options }: Pick<CommandContext, "service"> & { readonly options: { readonly timeout: number | null } },
  front: SetFront,
): Parameters<typeof readStatus>[1] {
  const hooks = front.hooks?.(service);
  return {
    ...(options.timeout === null ? {} : { nodeTimeoutMs: options.timeout }),
    ...(hooks?.details === undefined ? {} : { details: hooks.details }),
  };
}

export function nodeStatusCommand(front: SetFront): AnyCommand {
  return setCommand<typeof statusFlags>({
    name: "node-status",
    summary: "show how this node is",
    flags: statusFlags,
    examples: [{ line: "conf.ini node-status", doc: "one node of status, with who reads from it" }],
    async run(context) {
      const { out } = context;
      const set = await CascadeSet.load(adminContext(context, front));
      const status = await readStatus(set, statusOptions(context, front));
      const own = status.members.find(({ name }) => name === set.localName);
      const answer = own?.answer ?? null;
      const subscribers = answer?.subscribers.map(({ node }) => node) ?? [];
      const provider = answer?.info.type === "root" ? null : (answer?.info.provider ?? null);
      const lines = own === undefined ? [] : detailsOf(status, own, out.terminal);
      out.result(
        { ...(own === undefined ? {} : memberJson(status, own)), node: set.localName, lines },
        [
          own === undefined ? set.localName : titleOf(own),
          ...(provider === null ? [] : [`    Provider: ${provider}`]),
          `    Subscribers: ${subscribers.join(", ")}`,
          ...lines.map((line) => `    ${line}`),
        ].join("\n"),
      );
      return undefined;
    },
  });
}

export function nodeInfoCommand(front: SetFront): AnyCommand {
  return setCommand<typeof commonFlags>({
    name: "node-info",
    summary: "show what this node is and how it is reached",
    flags: commonFlags,
    examples: [{ line: "conf.ini node-info", doc: "type, provider, connection strings" }],
    async run(context) {
      const set = await CascadeSet.load(adminContext(context, front));
      const info = await set.info(set.localName);
      const isDead = set.isDead(set.localName);
      const provider = info.type === "root" ? null : info.provider;
      const flags = [
        isDead ? "DEAD" : "OK",
        ...(info.isPaused ? ["PAUSED"] : []),
        ...(info.isUptodate ? [] : ["NON-UP-TO-DATE"]),
      ].join(", ");
      const local = withoutSecrets(context.service.connections.given(front.dbKey) ?? "");
      const location = withoutSecrets(info.location);
      const providerLocation = info.providerLocation === null ? null : withoutSecrets(info.providerLocation);
      context.out.result({ ...info, location, providerLocation, isDead, queue: set.queue, provider }, () =>
        [
          `Node: ${info.name}  Type: ${info.type}  Queue: ${set.queue}`,
          `Status: ${flags}`,
          `Provider: ${provider ?? "--"}`,
          "Connect strings:",
          `  Local   : ${local}`,
          `  Public  : ${location}`,
          ...(provider === null ? [] : [`  Provider: ${providerLocation ?? "--"}`]),
          ...(info.combinedQueue === null
            ? []
            : [`Combined Queue: ${info.combinedQueue}  (node type: ${info.combinedType ?? "unknown"})`]),
        ].join("\n"),
      );
      return undefined;
    },
  });
}

export function membersCommand(front: SetFront): AnyCommand {
  return setCommand<typeof commonFlags>({
    name: "members",
    summary: "list the nodes that this node knows",
    flags: commonFlags,
    examples: [{ line: "conf.ini members --json", doc: "for programs" }],
    async run(context) {
      const { out } = context;
      const set = await CascadeSet.load(adminContext(context, front));
      const members = set.members.map((member) => ({ ...member, location: withoutSecrets(member.location) }));
      out.result(members, () =>
        formatOldTable(
          `Member info on ${set.localName}@${set.queue}:`,
          [
            { title: "node_name", value: ({ name }) => name },
            { title: "dead", value: ({ isDead }) => isDead },
            { title: "node_location", value: ({ location }) => location },
          ],
          members,
        ),
      );
      return undefined;
    },
  });
}

const consumerFlags = { ...commonFlags, node: setFlags.node } as const;

export function showConsumersCommand(front: SetFront): AnyCommand {
  return setCommand<typeof consumerFlags>({
    name: "show-consumers",
    summary: "list the cascaded consumers of all nodes, or of one",
    flags: consumerFlags,
    examples: [{ line: "conf.ini show-consumers", doc: "the worker of a node is one of them" }],
    async run(context) {
      const { out, options } = context;
      const set = await CascadeSet.load(adminContext(context, front));
      const nodes = options.node === null ? (await set.liveNodes()).map(({ name }) => name) : [options.node];
      const rows = (
        await Promise.all(
          nodes.map(async (node) => {
            const consumers = await getCascadeConsumers(await set.connect(node), set.queue);
            return consumers.map((consumer) => ({ node, ...consumer }));
          }),
        )
      ).flat();
      out.result(rows, () =>
        formatTable(
          [
            { title: "node", value: ({ node }) => node },
            { title: "consumer", value: ({ consumer }) => consumer },
            { title: "provider", value: ({ provider }) => provider },
            { title: "last tick", value: ({ lastTick }) => lastTick, align: "right" },
            { title: "paused", value: ({ isPaused }) => (isPaused ? "yes" : "no") },
            { title: "uptodate", value: ({ isUptodate }) => (isUptodate ? "yes" : "no") },
            { title: "error", value: ({ error }) => error?.split("\n", 1)[0] ?? null, isFlexible: true },
          ],
          rows,
          out.terminal,
        ),
      );
      return undefined;
    },
  });
}
