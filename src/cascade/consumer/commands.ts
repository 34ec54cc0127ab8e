// The switches of a cascaded consumer that do one thing and end the program.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { checkPidfile, type Service, type ServiceValues } from "../../service/index.ts";
import { getConsumerState } from "../sql-calls/index.ts";
import {
  registerCascaded,
  type RegistrationParts,
  resetCascaded,
  rewindCascaded,
  unregisterCascaded,
} from "./registration.ts";

const commands = ["register", "unregister", "rewind", "reset"] as const;
export type CascadedCommand = (typeof commands)[number];

/** @throws WRONG_USE when there are several */
export function cascadedCommand(
  options: Partial<Readonly<Record<CascadedCommand, boolean | null>>>,
): CascadedCommand | null {
  const [command, second] = commands.filter((name) => options[name] === true);
  if (second === undefined) return command ?? null;
  throw new SkytoolsError("WRONG_USE", `--${command ?? ""} and --${second} are two commands`, {
    hint: "give one after the other",
  });
}

export interface CommandParts {
  readonly service: Service<ServiceValues & { readonly provider?: string | null }>;
  readonly queue: string;
  readonly consumer: string;
  readonly targetKey: string;
}

/** @returns the exit status */
export async function runCascadedCommand(command: CascadedCommand, parts: CommandParts): Promise<number> {
  const { service, queue, consumer, targetKey } = parts;
  const { log, options, connections } = service;
  // Under its feet is no place for these.
  if (command !== "register" && options.pidfile !== null) checkPidfile(options.pidfile);
  const target = await connections.get(targetKey);
  const connstr =
    command === "register"
      ? providerOf(options)
      : (await getConsumerState(target, { queue, consumer })).providerLocation;
  const source = await connections.get("provider", { connstr, profile: "remote" });
  return await run(command, { consumer: { queue, consumer }, source, target, log });
}

async function run(command: CascadedCommand, parts: RegistrationParts): Promise<number> {
  const { consumer, log } = parts;
  if (command === "register") {
    await registerCascaded(parts);
    log.info(consumer, "consumer registered");
  } else if (command === "unregister") {
    await unregisterCascaded(parts);
    log.info(consumer, "consumer unregistered");
  } else if (command === "rewind") {
    const tick = await rewindCascaded(parts);
    if (tick === null) log.warn(consumer, "no tick found on the own node, nothing done");
    else log.info({ ...consumer, tick: String(tick) }, "provider moved to the position of the own node");
  } else {
    const tick = await resetCascaded(parts);
    if (tick === null) log.info(consumer, "the provider does not know the consumer, nothing done");
    else log.info({ ...consumer, tick: String(tick) }, "own node moved to the position at the provider");
  }
  return exitStatus.done;
}

function providerOf({ provider }: { readonly provider?: string | null }): string {
  if (typeof provider === "string") return provider;
  throw new SkytoolsError("WRONG_USE", "--register needs --provider", {
    hint: "--provider takes the connection string of the node to read from",
  });
}
