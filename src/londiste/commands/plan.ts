// londiste plan and apply: one file describes the whole set; what is missing is shown, or made.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { type Connection, withoutSecrets } from "../../postgres/index.ts";
import { type CommandContext, programCommand } from "../../programs/index.ts";
import type { MemberContext } from "../admin/member.ts";
import {
  handlerOf,
  planSet,
  type PresentNode,
  readPresentNode,
  readWantedSet,
  runStep,
  type SetPlan,
  stepText,
  type WantedNode,
  type WantedSet,
} from "../plan/index.ts";
import { memberContext } from "./context.ts";
import { memberKeys, timeoutFlag, wantedSetKeys } from "./keys.ts";

const planKeys = { ...memberKeys, ...wantedSetKeys } as const;

type Context = CommandContext<typeof planKeys, typeof timeoutFlag>;

interface Found {
  readonly wanted: WantedSet;
  readonly plan: SetPlan;
}

export const planCommand = programCommand({
  name: "plan",
  summary: "show what is missing of the set that the file describes",
  keys: planKeys,
  flags: timeoutFlag,
  examples: [{ line: "set.ini plan", doc: "exit status 3 when something is missing" }],
  async run(context) {
    const { plan } = await find(context);
    const { steps, remarks } = plan;
    context.out.result({ steps: steps.map(stepText), remarks }, () => planText(plan));
    return steps.length === 0 ? exitStatus.done : exitStatus.differencesFound;
  },
});

export const applyCommand = programCommand({
  name: "apply",
  summary: "make what is missing of the set that the file describes",
  keys: planKeys,
  flags: timeoutFlag,
  pidfile: "admin",
  examples: [
    { line: "set.ini apply", doc: "may be repeated: what is there stays as it is; workers are started as ever" },
  ],
  async run(context) {
    const { service, out } = context;
    const done: string[] = [];
    // A node that was just made shows what else is missing on it.
    for (;;) {
      const { wanted, plan } = await find(context);
      const next = plan.steps.filter((step) => !done.includes(stepText(step)));
      const [step] = next;
      if (step === undefined) {
        if (plan.steps.length > 0) throw unfinished(plan);
        out.result({ done, remarks: plan.remarks }, () => [...plan.remarks, `${done.length} step(s) done`].join("\n"));
        return exitStatus.done;
      }
      // All steps up to the next node that is made: their order does not depend on each other's effect.
      for (const [i, one] of next.entries()) {
        if (i > 0 && one.kind === "create-node") break;
        service.signal.throwIfAborted();
        service.log.info({}, stepText(one));
        await runStep(one, wanted, contextOf(context, one.node));
        done.push(stepText(one));
      }
    }
  },
});

async function find(context: Context): Promise<Found> {
  const queue = context.options.queueName;
  if (queue === null) throw new SkytoolsError("WRONG_USE", "queue_name is not set", { hint: "set it in the file" });
  const wanted = readWantedSet(context.service.config, queue);
  const { handlers } = memberContext(context);
  // What a handler refuses, it refuses before anything is made.
  for (const details of wanted.details) {
    const { pattern } = details;
    handlers.open({ table: pattern, dest: pattern, handler: handlerOf(details) });
  }
  const present = new Map<string, PresentNode>();
  for (const node of wanted.nodes) present.set(node.name, await readPresentNode(await open(context, node), queue));
  return { wanted, plan: planSet(wanted, present) };
}

/** The node's own connection, as if this were its configuration. */
function open({ service }: Context, { location }: WantedNode): Promise<Connection> {
  return service.connections.get(`plan ${withoutSecrets(location)}`, { connstr: location, profile: "remote" });
}

function contextOf(context: Context, node: WantedNode): MemberContext {
  const general = memberContext(context);
  return { ...general, connections: { ...general.connections, local: () => open(context, node) } };
}

function planText({ steps, remarks }: SetPlan): string {
  const lines = [
    ...remarks.map((remark) => `note: ${remark}`),
    ...steps.map((step, i) => `${i + 1}. ${stepText(step)}`),
  ];
  return [...lines, ...(steps.length === 0 ? ["nothing is missing"] : [])].join("\n");
}

function unfinished({ steps }: SetPlan): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `still missing after it was made: ${steps.map(stepText).join("; ")}`, {
    hint: "a node of another type may be in that database: see `plan`",
  });
}
