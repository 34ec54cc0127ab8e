// Programs of applications around a cascaded queue: a handler with the configuration file, switches and life of all
// programs.
import { exitStatus } from "../../errors/index.ts";
import { packageVersion } from "../../pgq/index.ts";
import type { NoOptions } from "../../programs/index.ts";
import {
  defineOption,
  type OptionTable,
  type OptionValues,
  type ProgramDefinition,
  type ProgramOptions,
  type Service,
} from "../../service/index.ts";
import { cascadedCommand, runCascadedCommand } from "../consumer/commands.ts";
import type { CascadeBatch } from "../consumer/batch.ts";
import { ConsumerLoop } from "../consumer/loop.ts";
import { cascadedConsumerOptions, watermarkOptions } from "../consumer/options.ts";
import { PlainRole } from "../consumer/plain-role.ts";
import type { CascadeEvent } from "../events/index.ts";
import type { WorkerHooks } from "./hooks.ts";
import { runCascadedWorker } from "./worker.ts";

const programOptions = { ...cascadedConsumerOptions, ...watermarkOptions } as const;

export type CascadedService<T extends OptionTable = NoOptions> = Service<
  ProgramOptions<typeof programOptions> & OptionValues<T>
>;

interface CommonProgram<T extends OptionTable> {
  /** Name of the program, and of its section in the file. */
  readonly name: string;
  /** Shown by --version. Default: that of skytools. */
  readonly version?: string;
  readonly summary?: string;
  /** Key with the connection string of the own node's database. Default db. */
  readonly database?: string;
  /** Keys of its own. */
  readonly options?: T;
  /** Before the first batch. */
  startup?(service: CascadedService<T>): Promise<void> | void;
}

/**
 * Reads the queue of another node and writes into the database of its own node, which has a worker besides (Londiste's
 * for instance). It follows when the node's layout is changed for it, and can be paused.
 */
export interface CascadedConsumerProgram<T extends OptionTable = NoOptions> extends CommonProgram<T> {
  /** Each event in order, in the transaction of its batch: what is written through batch.target is there exactly once. */
  readonly handler: (event: CascadeEvent, batch: CascadeBatch, service: CascadedService<T>) => Promise<void> | void;
}

/** The worker of a node itself. */
export interface CascadedWorkerProgram<T extends OptionTable = NoOptions> extends CommonProgram<T> {
  readonly hooks: (service: CascadedService<T>) => WorkerHooks | Promise<WorkerHooks>;
}

const DEFAULT_DATABASE = "db";

/** Makes a program that consumes a cascaded queue; runAsMain() runs it. */
export function cascadedConsumerProgram<const T extends OptionTable = NoOptions>(
  program: CascadedConsumerProgram<T>,
): ProgramDefinition {
  return define(program, "consume a cascaded queue on one of its nodes", async (service, names) => {
    const hooks = { event: (event: CascadeEvent, batch: CascadeBatch) => program.handler(event, batch, service) };
    const role = new PlainRole(hooks, () => service.options.pgqMergeEvents);
    await new ConsumerLoop({ service, ...names, role }).run();
  });
}

/** Makes a program that is the worker of a node; runAsMain() runs it. */
export function cascadedWorkerProgram<const T extends OptionTable = NoOptions>(
  program: CascadedWorkerProgram<T>,
): ProgramDefinition {
  return define(program, "the worker of a node of a cascaded queue", async (service, { consumer, ...names }) => {
    await runCascadedWorker({ service, ...names, worker: consumer, hooks: await program.hooks(service) });
  });
}

interface Names {
  readonly queue: string;
  readonly consumer: string;
  readonly targetKey: string;
}

function define<T extends OptionTable>(
  program: CommonProgram<T>,
  summary: string,
  run: (service: CascadedService<T>, names: Names) => Promise<void>,
): ProgramDefinition {
  const { name, version, database = DEFAULT_DATABASE } = program;
  type Given = ProgramOptions<OptionTable>;
  return {
    ...{ name, version: version ?? packageVersion(), summary: program.summary ?? summary },
    options: { [database]: connectionString(database), ...programOptions, ...program.options },
    openKeys: [
      { pattern: "*_extra_connstr", doc: "text added to the connection string of that key; remote: of other nodes" },
    ],
    isOneShot: (options: Given) => cascadedCommand(options as Partial<CascadedService<T>["options"]>) !== null,
    // The values were parsed by this very table.
    async run(given: Service<Given>) {
      const service = given as CascadedService<T>;
      const { options } = service;
      const consumer = options.consumerName ?? options.jobName ?? name;
      const names: Names = { queue: options.queueName, consumer, targetKey: database };
      const command = cascadedCommand(options);
      if (command !== null) return await runCascadedCommand(command, { service, ...names });
      await program.startup?.(service);
      await run(service, names);
      return exitStatus.done;
    },
  };
}

function connectionString(name: string) {
  return defineOption({
    ...{ name, type: "text", required: true, secret: true, reload: true, placeholder: "CONNSTR" },
    programs: ["cascaded consumers"],
    doc: "connection string of the own node's database: keywords as for libpq, or a postgresql:// URI",
  });
}
