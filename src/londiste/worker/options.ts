// The keys of the worker. Source of names and defaults: spec of londiste, 3; those without a counterpart there say so.
import { cascadedConsumerOptions, cascadedWorkerOptions } from "../../cascade/index.ts";
import { defineOption, type OptionTable, type OptionValues, type ServiceValues } from "../../service/index.ts";
import { conflictPolicies } from "../apply/index.ts";
import { memberKeys } from "../commands/keys.ts";

const programs = ["londiste"];

const list = <const N extends string>(name: N, doc: string) =>
  defineOption({ name, type: "list", default: [], programs, reload: true, placeholder: "NAMES", doc });

export const workerOptions = {
  ...memberKeys,
  consumerName: cascadedConsumerOptions.consumerName,
  ...cascadedWorkerOptions,
  parallelCopies: defineOption({
    name: "parallel_copies",
    type: "int",
    default: 2,
    min: 1,
    programs,
    reload: true,
    doc: "connections that copy at the same time, over all tables; one that is free copies a range of a table that is large",
  }),
  threadedCopyTables: list(
    "threaded_copy_tables",
    "tables (globs of full names) that are copied with several connections",
  ),
  threadedCopyPoolSize: defineOption({
    name: "threaded_copy_pool_size",
    type: "int",
    default: 1,
    min: 1,
    programs,
    reload: true,
    doc: "connections that each of threaded_copy_tables waits for before it begins; each counts as one of parallel_copies",
  }),
  localOnly: defineOption({
    name: "local_only",
    type: "bool",
    default: false,
    programs,
    reload: true,
    doc: "leaf: read only the events of tables that are local; refused where events are passed on",
  }),
  localOnlyDropExecute: defineOption({
    name: "local_only_drop_execute",
    type: "bool",
    default: false,
    programs,
    reload: true,
    doc: "with local_only: no scripts of execute either",
  }),
  conflictPolicy: defineOption({
    name: "conflict_policy",
    type: "text",
    choices: [...conflictPolicies],
    default: "error",
    programs,
    reload: true,
    doc: "when a row here is not as the root's was. error: the batch fails until the cause is removed; keep: the change is left out; overwrite: the row is made as the root's; quarantine: the table gets no more changes until it is copied anew",
  }),
} as const satisfies OptionTable;

export type LondisteWorkerValues = OptionValues<typeof workerOptions> & ServiceValues;
