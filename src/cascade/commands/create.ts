// create-root, create-branch and create-leaf.
import { SkytoolsError } from "../../errors/index.ts";
import type { AnyCommand } from "../../programs/index.ts";
import { planCreate } from "../admin/index.ts";
import type { NodeType } from "../consumer/batch.ts";
import { adminContext, carryOut, planFlags, setCommand, type SetFront } from "./front.ts";
import { setFlags } from "./keys.ts";

const flags = {
  ...planFlags,
  provider: setFlags.provider,
  worker: setFlags.worker,
  merge: setFlags.merge,
  syncWatermark: setFlags.syncWatermark,
  nocheck: setFlags.nocheck,
} as const;

const args = [
  { name: "name", doc: "of the new node; default: node_name", isOptional: true },
  {
    name: "location",
    doc: "connection string under which other nodes reach it; default: public_node_location",
    isOptional: true,
  },
];

export function createCommand(type: NodeType, front: SetFront): AnyCommand {
  const of = type === "root" ? "" : " --provider='dbname=root host=r1'";
  return setCommand<typeof flags>({
    name: `create-${type}`,
    summary: summaries[type],
    args,
    flags,
    pidfile: "admin",
    examples: [{ line: `conf.ini create-${type} node1 'dbname=app host=h1'${of}`, doc: "safe to repeat" }],
    async run(context) {
      const { options, args: words, service } = context;
      const plan = await planCreate(adminContext(context, front), {
        type,
        name: required(words[0] ?? options.nodeName, "a node name", "node_name"),
        location: required(words[1] ?? options.publicNodeLocation, "a connection string", "public_node_location"),
        worker: options.worker ?? (front.isGeneral ? workerRequired() : service.jobName),
        providerLocation: options.provider ?? (type === "root" ? null : options.initialProviderLocation),
        combinedQueue: options.merge,
        syncWatermark: options.syncWatermark,
        checksLocation: !options.nocheck,
      });
      return await carryOut(context, plan);
    },
  });
}

const summaries: Readonly<Record<NodeType, string>> = {
  root: "make this database the root of a set",
  branch: "make this database a node that has a copy of the queue and can feed others",
  leaf: "make this database a node that only reads",
};

function required(text: string | null, what: string, key: string): string {
  if (text !== null) return text;
  throw new SkytoolsError("WRONG_USE", `the node needs ${what}`, { hint: `give it behind the command, or set ${key}` });
}

function workerRequired(): never {
  throw new SkytoolsError("WRONG_USE", "--worker required", {
    hint: "the name of the job that will maintain the node; it must be unique in the set",
  });
}
