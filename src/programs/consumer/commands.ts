// --register, --unregister, --rewind, --reset: done once, then the program ends.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { type Consumer, plainSource, type Position, resetPosition, rewindToPosition } from "../../pgq/index.ts";
import { checkPidfile, type Service } from "../../service/index.ts";
import type { ConsumerDatabases, ConsumerValues } from "./consumer-settings.ts";

const commands = ["register", "unregister", "rewind", "reset"] as const;
export type ConsumerCommand = (typeof commands)[number];

/** @throws WRONG_USE when there are several */
export function commandOf(options: Partial<Record<ConsumerCommand, boolean | null>>): ConsumerCommand | null {
  const [command, second] = commands.filter((name) => options[name] === true);
  if (second === undefined) return command ?? null;
  throw new SkytoolsError("WRONG_USE", `--${command ?? ""} and --${second} are two commands`, {
    hint: "give one after the other",
  });
}

interface CommandParts {
  readonly consumer: Pick<Consumer, "name" | "queue" | "register" | "unregister">;
  readonly position: Position;
  readonly databases: ConsumerDatabases;
}

/** @returns the exit status */
export async function runCommand(
  command: ConsumerCommand,
  service: Service<ConsumerValues>,
  { consumer, position, databases }: CommandParts,
): Promise<number> {
  const { log, options } = service;
  // Under its feet is no place for these.
  if (command !== "register" && options.pidfile !== null) checkPidfile(options.pidfile);
  const { name } = consumer;
  const queue = consumer.queue.name;
  const context = { ...databases, source: plainSource(queue, name), queue, consumer: name };
  if (command === "register") {
    log.info({ queue, consumer: name }, "Registering consumer on source queue");
    if (!(await service.retry(() => consumer.register()))) log.info({}, "It was registered already");
  } else if (command === "unregister") {
    log.info({ queue, consumer: name }, "Unregistering consumer from source queue");
    if (!(await service.retry(() => consumer.unregister()))) log.warn({}, "It was not registered");
  } else if (command === "reset") {
    log.info({ queue, consumer: name }, "Resetting the position where events are applied");
    await service.retry(() => resetPosition(position, context));
  } else {
    const tick = await service.retry(() => rewindToPosition(position, context));
    if (tick === null) {
      log.error({ queue, consumer: name }, "Cannot rewind, no position is kept where events are applied");
      return exitStatus.failed;
    }
    log.info({ queue, consumer: name, tick: String(tick) }, "Queue rewound to the position where events are applied");
  }
  return exitStatus.done;
}
