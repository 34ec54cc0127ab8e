// The keys of cascaded consumers and workers. Source of names, units and defaults: spec of the cascade, 3 and 6.
import { consumerOptions, kindOptions } from "../../programs/index.ts";
import { defineOption, type OptionTable, type OptionValues, type ServiceValues } from "../../service/index.ts";

const programs = ["cascaded consumers"];
const WATERMARK_PERIOD_MS = 300_000;

const {
  queueName,
  consumerName,
  pgqLazyFetch,
  pgqKeepLag,
  pgqBatchCollectEvents,
  pgqBatchCollectInterval,
  pgqMergeEvents,
  pgqListen,
  keepaliveStats,
  statsPeriod,
  register,
  unregister,
} = consumerOptions;

const provider = defineOption({
  name: "provider",
  type: "text",
  flagOnly: true,
  programs,
  placeholder: "CONNSTR",
  doc: "with --register: the node to read from",
});

/** How batches are chosen and told of; consumers and workers. */
export const batchOptions = {
  pgqLazyFetch,
  pgqKeepLag,
  pgqBatchCollectEvents,
  pgqBatchCollectInterval,
  pgqMergeEvents,
  pgqListen,
  keepaliveStats,
  statsPeriod,
} as const satisfies OptionTable;

/** --rewind and --reset; they do their work and end. */
export const repairOptions = { rewind: kindOptions.rewind, reset: kindOptions.reset } as const satisfies OptionTable;

/** A plain cascaded consumer. */
export const cascadedConsumerOptions = {
  queueName,
  consumerName,
  ...batchOptions,
  register,
  unregister,
  provider,
  ...repairOptions,
} as const satisfies OptionTable;

/** What a worker has besides. */
export const watermarkOptions = {
  localWmPublishPeriod: defineOption({
    name: "local_wm_publish_period",
    type: "duration",
    default: WATERMARK_PERIOD_MS,
    min: 0,
    programs,
    reload: true,
    doc: "how often the provider is told up to where events are needed here and below; besides: after a start, a change of provider, and when the node has caught up",
  }),
  globalWmPublishPeriod: defineOption({
    name: "global_wm_publish_period",
    type: "duration",
    default: WATERMARK_PERIOD_MS,
    min: 0,
    programs,
    reload: true,
    doc: "root: how often all nodes are told up to where events are needed somewhere; besides: soon after a subscriber has reported",
  }),
} as const satisfies OptionTable;

/**
 * While a long transaction writes, there is a tick every few milliseconds, with nothing to be seen in it yet; a worker
 * that is behind passes over them in few steps. Its memory does not depend on the size of a batch.
 */
const workerMergeEvents = defineOption({ ...pgqMergeEvents, default: 100_000 });

export const cascadedWorkerOptions = {
  ...batchOptions,
  pgqMergeEvents: workerMergeEvents,
  ...repairOptions,
  ...watermarkOptions,
} as const satisfies OptionTable;

/** What the loop reads of its program's options, anew in each round. */
export type LoopValues = OptionValues<typeof batchOptions> & ServiceValues;
export type WorkerValues = LoopValues & OptionValues<typeof watermarkOptions>;
