// Does one step of a plan, by the functions that the commands create-*, add-seq and add-table call. Each may be done twice.
import { planCreate, runPlan } from "../../cascade/index.ts";
import { addTables } from "../admin/add-tables.ts";
import { type MemberContext, openMember } from "../admin/member.ts";
import { nodeHooks } from "../admin/node-hooks.ts";
import { addSequences } from "../admin/sequences.ts";
import { plainTable } from "../admin/table-options.ts";
import { parseHandlerText } from "../tables/handler-text.ts";
import type { PlanStep } from "./steps.ts";
import type { WantedSet, WantedTable } from "./wanted-set.ts";

/** `context` is that of the step's node. */
export async function runStep(step: PlanStep, wanted: WantedSet, context: MemberContext): Promise<void> {
  const { node } = step;
  const isRoot = node.type === "root";
  if (step.kind === "create-node") {
    const { log, filter } = context;
    const provider = wanted.nodes.find(({ name }) => name === node.provider);
    const plan = await planCreate(
      { ...context, hooks: nodeHooks({ log, filter }) },
      {
        type: node.type,
        name: node.name,
        location: node.location,
        worker: node.worker,
        providerLocation: provider?.location ?? null,
      },
    );
    await runPlan(plan, log);
    return;
  }
  const member = await openMember(context);
  if (step.kind === "add-sequence") {
    const isCreating = !isRoot && node.create !== "no";
    await addSequences(member, wordsOf(step.sequence), { isCreating, isSkippingMissing: false });
    return;
  }
  const { table, dest, details } = step;
  await addTables(member, wordsOf(table, isRoot && dest !== null), {
    ...plainTable,
    create: isRoot || node.create === "no" ? null : node.create,
    dest,
    handler: handlerOf(details),
    triggerFlags: details?.triggerFlags ?? null,
    triggerArgs: details?.triggerArgs ?? [],
    isSynced: details?.isSynced ?? false,
  });
}

function wordsOf(name: string, isForced = false): { words: readonly string[]; isAll: boolean; isForced: boolean } {
  return { words: [name], isAll: false, isForced };
}

/** `name(key=value)`, or the name with the arguments of handler_args. */
export function handlerOf(details: WantedTable | null): ReturnType<typeof parseHandlerText> | null {
  if (details?.handler == null) return null;
  const { name, args } = parseHandlerText(details.handler);
  const more = details.handlerArgs.map((pair): [string, string] => {
    const equals = pair.indexOf("=");
    return equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
  return { name, args: new Map([...args, ...more]) };
}
