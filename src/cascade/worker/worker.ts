// The worker of one node of a cascaded queue, inside of a program.
import { connect, DEFAULT_SILENCE_LIMIT_MS } from "../../postgres/index.ts";
import { type Service, withExtra } from "../../service/index.ts";
import { ConsumerLoop } from "../consumer/loop.ts";
import type { WorkerValues } from "../consumer/options.ts";
import type { WorkerHooks } from "./hooks.ts";
import { Watermarks } from "./watermarks.ts";
import { WorkerRole } from "./worker-role.ts";

export interface CascadedWorkerOptions {
  readonly service: Service<WorkerValues>;
  readonly queue: string;
  /** Name of the worker as it was given when the node was created. */
  readonly worker: string;
  /** Key with the connection string of the node's own database. */
  readonly targetKey: string;
  readonly hooks: WorkerHooks;
}

/**
 * Runs until the program is to stop: reads the batches of the provider, applies each in one transaction together with the
 * node's position, and keeps the node's own queue, ticks and watermarks.
 * @throws NODE_REFUSED when the node is not there (any more)
 */
export async function runCascadedWorker(options: CascadedWorkerOptions): Promise<void> {
  const { service, queue, worker: consumer, targetKey, hooks } = options;
  const { log, clock, config, env, jobName, signal } = service;
  const watermarks = new Watermarks({
    ...{ log, clock },
    localPeriodMs: () => service.options.localWmPublishPeriod,
    globalPeriodMs: () => service.options.globalWmPublishPeriod,
    passOnMs: () => 10 * service.options.loopDelay,
  });
  const role = new WorkerRole({
    ...{ queue, hooks, watermarks, log },
    mergeEvents: () => service.options.pgqMergeEvents,
    connectNode: (connstr) =>
      connect(withExtra({ connstr, extra: config.maybe("remote_extra_connstr") ?? "" }), {
        ...{ env, log, applicationName: jobName, signal, silenceLimitMs: DEFAULT_SILENCE_LIMIT_MS },
      }),
  });
  await new ConsumerLoop({ service, queue, consumer, targetKey, role }).run();
}
