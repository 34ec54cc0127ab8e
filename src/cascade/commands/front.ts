// What the commands have in common, whichever program they belong to.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import type { AnyCommand, CommandContext } from "../../programs/index.ts";
import { withoutSecrets } from "../../postgres/index.ts";
import { programCommand } from "../../programs/index.ts";
import type { OptionTable, OptionValues, Service, ServiceValues } from "../../service/index.ts";
import {
  type AdminContext,
  type NodeConnections,
  type Plan,
  planText,
  runPlan,
  type SetHooks,
} from "../admin/index.ts";
import { setFlags, type SetKeys, setKeys } from "./keys.ts";

/** The program that the commands are part of. */
export interface SetFront {
  /** Configuration key of the own node's connection string: `db`, `node_db`. */
  readonly dbKey: string;
  /** --queue, --node and --consumer are taken; without it the consumer is always the job. */
  readonly isGeneral: boolean;
  /** What the program adds; made for each command. */
  readonly hooks?: (service: Pick<Service<unknown>, "log" | "config">) => SetHooks;
}

export type SetValues = OptionValues<SetKeys> & ServiceValues;

/** Layout commands give up a wait after this; those that only wait do not. */
export const LAYOUT_TIMEOUT_MS = 300_000;
const CONNECT_TIMEOUT_SECONDS = 10;

/** Flags that commands on the set as a whole share. */
export const commonFlags = {
  queue: setFlags.queue,
  dead: setFlags.dead,
  target: setFlags.target,
  connstr: setFlags.connstr,
} as const;
export const planFlags = { ...commonFlags, dryRun: setFlags.dryRun, timeout: setFlags.timeout } as const;

type Values = SetValues & OptionValues<typeof commonFlags> & { readonly timeout?: number | null };

/** @throws WRONG_USE without a queue */
export function adminContext(
  {
    service,
    options,
  }: {
    readonly service: Pick<Service<unknown>, "connections" | "log" | "clock" | "signal" | "config">;
    readonly options: Values;
  },
  front: SetFront,
  timeoutMs: number | null = LAYOUT_TIMEOUT_MS,
): AdminContext {
  const queue = options.queue ?? options.queueName;
  if (queue === null) {
    throw new SkytoolsError("WRONG_USE", "the queue is not named", {
      hint: "set queue_name in the configuration file",
    });
  }
  return {
    queue,
    connections: nodeConnections(service, front),
    log: service.log,
    clock: service.clock,
    signal: service.signal,
    assumedDead: options.dead.flatMap((names) => names.split(",")),
    timeoutMs: options.timeout ?? timeoutMs,
    ...(front.hooks === undefined ? {} : { hooks: front.hooks(service) }),
  };
}

/** Of a program: the own node by its key, others by their locations, with remote_extra_connstr added. */
export function nodeConnections(
  { connections }: Pick<Service<unknown>, "connections">,
  { dbKey }: Pick<SetFront, "dbKey">,
): NodeConnections {
  return {
    local: () => connections.get(dbKey),
    at: (location) =>
      connections.get(`node ${withoutSecrets(location)}`, { connstr: withConnectTimeout(location), profile: "remote" }),
  };
}

/** A host that is gone answers nothing at all; the string may say otherwise. */
function withConnectTimeout(location: string): string {
  if (/\bconnect_timeout\s*=/.test(location)) return location;
  const setting = `connect_timeout=${CONNECT_TIMEOUT_SECONDS}`;
  if (!/^postgres(?:ql)?:\/\//.test(location)) return `${location} ${setting}`;
  return `${location}${location.includes("?") ? "&" : "?"}${setting}`;
}

type CommandShape<F extends OptionTable> = Parameters<typeof programCommand<SetKeys, F>>[0];

/** A command with the keys of all of them. */
export function setCommand<const F extends OptionTable>(command: CommandShape<F>): AnyCommand {
  return programCommand<SetKeys, F>({ ...command, keys: setKeys });
}

/** Shows the plan, or runs it and says what came of it. */
export async function carryOut(
  { service, options, out }: CommandContext & { readonly options: { readonly dryRun: boolean } },
  plan: Plan,
): Promise<number> {
  const steps = plan.steps.map(({ text }) => text);
  const { outcome, warnings = [] } = plan;
  if (options.dryRun) {
    out.result({ dryRun: true, steps, outcome, warnings }, planText(plan));
    return exitStatus.done;
  }
  await runPlan(plan, service.log);
  out.done({ dryRun: false, steps, outcome, warnings }, outcome);
  return exitStatus.done;
}

/** Options that only the general program has. @throws WRONG_USE */
export function refuseGeneral(front: SetFront, given: Readonly<Record<string, unknown>>): void {
  if (front.isGeneral) return;
  for (const [name, value] of Object.entries(given)) {
    if (value !== null && value !== undefined) {
      throw new SkytoolsError("WRONG_USE", `--${name} is not for this program`, { hint: "use setadm" });
    }
  }
}
