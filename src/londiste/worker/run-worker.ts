// The worker of a node of a replica set: replay, copies and upkeep in one process.
import { runCascadedWorker, type WorkerNode } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Service } from "../../service/index.ts";
import { type AnyHandlerDefinition, handlerRegistry } from "../handler/index.ts";
import { TableSync } from "../sync/index.ts";
import { copyConnections } from "./copy-connections.ts";
import { conflictPolicy, LondisteHooks } from "./londiste-hooks.ts";
import { ReplayMetrics } from "./metrics.ts";
import type { LondisteWorkerValues } from "./options.ts";
import { WorkerSessions } from "./sessions.ts";

export interface LondisteWorkerExtras {
  /** Handlers besides those of the package. */
  readonly handlers?: readonly AnyHandlerDefinition[];
}

/** Name of the worker: the node was created with it. */
export function workerName(service: Pick<Service<LondisteWorkerValues>, "options" | "jobName">): string {
  return service.options.consumerName ?? service.jobName;
}

/** @throws WRONG_USE when the configuration names no queue */
export function queueOf({ options }: Pick<Service<LondisteWorkerValues>, "options">): string {
  if (options.queueName !== null) return options.queueName;
  throw new SkytoolsError("WRONG_USE", "queue_name is not set", { hint: "set it in the configuration file" });
}

/** Runs until the program is to stop. @throws NODE_REFUSED when the node is not there (any more) */
export async function runLondisteWorker(
  service: Service<LondisteWorkerValues>,
  { handlers: more = [] }: LondisteWorkerExtras = {},
): Promise<void> {
  const { log, config, health } = service;
  const queue = queueOf(service);
  const worker = workerName(service);
  const handlers = handlerRegistry({ handlers: more, setting: (key) => config.maybe(key) ?? null });
  const connections = new WorkerSessions(service, queue);
  const metrics = new ReplayMetrics(service.metrics, queue);
  const openSync = ({ name: nodeName }: WorkerNode): TableSync => {
    const {
      conflictPolicy: policyName,
      parallelCopies,
      threadedCopyTables: tables,
      threadedCopyPoolSize: poolSize,
    } = service.options;
    const connectionsFor = (table: string): number => copyConnections(table, { tables, poolSize });
    const policy = conflictPolicy(policyName);
    return new TableSync({
      ...{ queue, worker, nodeName, connections, handlers, log },
      // A copy that fails holds up nobody else, and begins anew: that is what quarantine is for.
      conflict: policy === "quarantine" ? "error" : policy,
      settings: { parallelCopies, connectionsFor },
      wake: () => service.notify(),
    });
  };
  const openSession = (): Promise<Connection> => connections.target("ahead of the batch", service.signal);
  const hooks = new LondisteHooks({ service, handlers, metrics, openSync, openSession });
  metrics.watch(() => hooks.sync, health);
  try {
    await runCascadedWorker({ service, queue, worker, targetKey: "db", hooks });
  } finally {
    await hooks.close();
  }
}
