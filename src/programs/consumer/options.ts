// The keys of consumer programs. Source of names, units and defaults: spec of the consumers, 2; those without a
// counterpart there say so.
import { defineOption, type OptionTable } from "../../service/index.ts";
import type { ConsumerKind } from "./kind.ts";

const SECOND_MS = 1000;
const programs = ["consumers"];

/** Of all kinds. */
export const consumerOptions = {
  queueName: defineOption({
    name: "queue_name",
    type: "text",
    required: true,
    oldNames: ["pgq_queue_name"],
    oldNamesWin: true,
    programs,
    placeholder: "NAME",
    doc: "queue to read",
  }),
  consumerName: defineOption({
    name: "consumer_name",
    type: "text",
    oldNames: ["pgq_consumer_id"],
    oldNamesWin: true,
    programs,
    placeholder: "NAME",
    doc: "name under which the queue remembers the position; default: job_name",
  }),
  tableFilter: defineOption({
    name: "table_filter",
    type: "list",
    default: [],
    programs,
    reload: true,
    doc: "only events of these tables (ev_extra1); names without a schema are those of public",
  }),
  pgqLazyFetch: defineOption({
    name: "pgq_lazy_fetch",
    type: "int",
    default: 300,
    min: 0,
    programs,
    reload: true,
    doc: "events fetched at once; 0: the whole batch, which then must fit into memory",
  }),
  pgqAutocommit: defineOption({
    name: "pgq_autocommit",
    type: "bool",
    default: false,
    programs,
    doc: "has no effect but a warning: what a handler writes through tx is committed with its batch",
  }),
  pgqBatchCollectEvents: defineOption({
    name: "pgq_batch_collect_events",
    type: "int",
    default: 0,
    min: 0,
    programs,
    reload: true,
    doc: "wait until the batch has so many events; 0: off",
  }),
  pgqBatchCollectInterval: defineOption({
    name: "pgq_batch_collect_interval",
    type: "duration",
    min: 0,
    programs,
    reload: true,
    doc: "wait until the batch spans so much time; with pgq_batch_collect_events: whichever comes first",
  }),
  pgqKeepLag: defineOption({
    name: "pgq_keep_lag",
    type: "duration",
    min: 0,
    programs,
    reload: true,
    doc: "leave events that are younger for later",
  }),
  pgqMergeEvents: defineOption({
    name: "pgq_merge_events",
    type: "int",
    default: 10_000,
    min: 1,
    programs,
    reload: true,
    doc: "a consumer that is behind gets ticks merged to batches of about so many events; 1: each tick is a batch",
  }),
  pgqListen: defineOption({
    name: "pgq_listen",
    type: "bool",
    default: true,
    programs,
    reload: true,
    doc: "hold a session that listens for ticks, which spares waiting for loop_delay; no: behind a pooler that has none to give",
  }),
  keepaliveStats: defineOption({
    name: "keepalive_stats",
    type: "duration",
    default: 300 * SECOND_MS,
    min: 0,
    programs,
    reload: true,
    doc: "a statistics line at least this often, also without events",
  }),
  statsPeriod: defineOption({
    name: "stats_period",
    type: "duration",
    default: SECOND_MS,
    min: 0,
    programs,
    reload: true,
    doc: "at most one statistics line in this time, with the sums of its batches; 0: a line for each batch",
  }),
  register: command("register", "register the consumer on the queue, and end"),
  unregister: command("unregister", "end the registration of the consumer, and end"),
} as const;

/** Of some kinds. */
export const kindOptions = {
  subconsumerName: defineOption({
    name: "subconsumer_name",
    type: "text",
    programs,
    placeholder: "NAME",
    doc: "cooperative: name of this process among those that share the consumer; required",
  }),
  subconsumerTimeout: defineOption({
    name: "subconsumer_timeout",
    type: "duration",
    min: 1,
    programs,
    doc: "cooperative: a process of the same consumer that is silent for this long is dead, and its batch is given to another; default: never",
  }),
  localTrackingFile: defineOption({
    name: "local_tracking_file",
    type: "text",
    path: true,
    required: true,
    programs,
    placeholder: "FILE",
    doc: "file: where the position is kept; required",
  }),
  rewind: command("rewind", "move the consumer to the position that is kept where the events are applied, and end"),
  reset: command("reset", "forget the position that is kept where the events are applied, and end"),
} as const;

const { subconsumerName, subconsumerTimeout, localTrackingFile, rewind, reset } = kindOptions;

const byKind: Readonly<Record<ConsumerKind, OptionTable>> = {
  plain: {},
  cooperative: { subconsumerName, subconsumerTimeout },
  serial: { rewind, reset },
  remote: {},
  file: { localTrackingFile, rewind, reset },
};

export const DEFAULT_DATABASE = "db";
export const DEFAULT_TARGET = "dst_db";

/** What a program without keys of its own has. */
export const noOptions = {};
export type NoOptions = typeof noOptions;

interface Named {
  readonly kind?: ConsumerKind;
  readonly database?: string;
  readonly target?: string;
  readonly orderBy?: string;
}

/** Keyed as OptionValues: the connection strings by the names of their keys. */
export function optionTable(program: Named): OptionTable {
  const { kind = "plain", database = DEFAULT_DATABASE, target = DEFAULT_TARGET, orderBy } = program;
  const isTargeted = kind === "serial" || kind === "remote";
  const named = kind === "cooperative" && orderBy === undefined;
  return {
    [database]: connectionString(database, "connection string of the queue's database"),
    ...(isTargeted ? { [target]: connectionString(target, "connection string of where the events are applied") } : {}),
    ...consumerOptions,
    ...byKind[kind],
    ...(named ? { subconsumerName: { ...subconsumerName, required: true } } : {}),
  };
}

function connectionString(name: string, doc: string) {
  return defineOption({
    ...{ name, type: "text", required: true, secret: true, reload: true, programs, placeholder: "CONNSTR" },
    doc: `${doc}: keywords as for libpq, or a postgresql:// URI`,
  });
}

function command<const N extends string>(name: N, doc: string) {
  return defineOption({ name, type: "bool", default: false, flagOnly: true, programs, doc });
}

/** For the reference page: the keys of all kinds, with the usual names of the connection strings. */
export const consumerKeys = {
  name: "Consumer programs",
  summary: "read a queue: programs made with `consumerProgram` of `skytools/service`",
  sections: ["name of the program"],
  options: {
    db: connectionString(
      DEFAULT_DATABASE,
      "connection string of the queue's database; the program may call it otherwise",
    ),
    target: connectionString(
      DEFAULT_TARGET,
      "serial, remote: connection string of where the events are applied; the program may call it otherwise",
    ),
    ...consumerOptions,
    ...kindOptions,
  },
  openKeys: [{ pattern: "*_extra_connstr", doc: "text added to the connection string of that key" }],
};
