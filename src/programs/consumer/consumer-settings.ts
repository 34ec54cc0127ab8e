// From what author and operator say to what the library takes.
import {
  type ConsumerOptions,
  type CooperativeOptions,
  type Database,
  file,
  inDatabase,
  type Position,
  type QueueOrName,
  remote,
  serial,
} from "../../pgq/index.ts";
import { quoteLiteral } from "../../postgres/index.ts";
import type { OptionTable, OptionValues, ProgramOptions } from "../../service/index.ts";
import type { ConsumerProgram } from "./definition.ts";
import type { consumerOptions, kindOptions } from "./options.ts";

/** Those of other kinds are missing. */
export type ConsumerValues = ProgramOptions<typeof consumerOptions> & Partial<OptionValues<typeof kindOptions>>;

export interface ConsumerDatabases {
  readonly database: Database;
  /** serial and remote. */
  readonly target: Database | null;
}

/** The handler's signal is aborted so much before stop_timeout ends the program. */
const GRACE_SHARE = 0.9;
const FOR_EVER_MS = 100 * 365 * 86_400_000;
/** FETCH takes no more. */
const WHOLE_BATCH = 2 ** 31 - 1;

export function consumerName({ consumerName: name, jobName }: ConsumerValues, fallback: string): string {
  return name ?? jobName ?? fallback;
}

type Derived<Q extends QueueOrName> = Omit<ConsumerOptions<Q | string>, "clock" | "signal">;

export function consumerSettings<Q extends QueueOrName, T extends OptionTable>(
  program: ConsumerProgram<Q, T>,
  options: ConsumerValues,
  databases: ConsumerDatabases,
): Derived<Q> {
  const { pgqLazyFetch, pgqBatchCollectEvents: minEvents, pgqBatchCollectInterval, pgqKeepLag, stopTimeout } = options;
  const filter = eventFilter(program.filter, options.tableFilter);
  const cooperative = cooperation(program, options);
  return {
    database: databases.database,
    queue: program.queue?.(options.queueName) ?? options.queueName,
    consumer: consumerName(options, program.name),
    fetchSize: pgqLazyFetch === 0 ? WHOLE_BATCH : pgqLazyFetch,
    mergeEvents: options.pgqMergeEvents,
    listen: options.pgqListen,
    retry: program.retry ?? false,
    position: positionOf(program, options, databases),
    graceMs: stopTimeout === 0 ? FOR_EVER_MS : stopTimeout * GRACE_SHARE,
    ...(minEvents === 0 ? {} : { minEvents }),
    ...(pgqBatchCollectInterval === null ? {} : { minIntervalMs: pgqBatchCollectInterval }),
    ...(pgqKeepLag === null ? {} : { keepLagMs: pgqKeepLag }),
    ...(filter === null ? {} : { filter }),
    ...(program.onExhausted === undefined ? {} : { onExhausted: program.onExhausted }),
    ...(cooperative === null ? {} : { cooperative }),
  };
}

export function positionOf<Q extends QueueOrName, T extends OptionTable>(
  { kind = "plain", targetSchema: schema = "pgq_ext" }: ConsumerProgram<Q, T>,
  { localTrackingFile }: ConsumerValues,
  { target }: ConsumerDatabases,
): Position {
  if (kind === "file" && typeof localTrackingFile === "string") return file(localTrackingFile);
  if (target === null) return inDatabase();
  return kind === "serial" ? serial({ database: target, schema }) : remote({ database: target, schema });
}

function cooperation<Q extends QueueOrName, T extends OptionTable>(
  { kind, orderBy, partitions }: ConsumerProgram<Q, T>,
  { subconsumerName, subconsumerTimeout }: ConsumerValues,
): CooperativeOptions | null {
  if (kind !== "cooperative") return null;
  return {
    deadAfterMs: subconsumerTimeout ?? FOR_EVER_MS,
    ...(typeof subconsumerName === "string" ? { subconsumer: subconsumerName } : {}),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(partitions === undefined ? {} : { partitions }),
  };
}

/** Both conditions, where both are given. */
export function eventFilter(own: string | undefined, tables: readonly string[]): string | null {
  const names = tables.map((table) => quoteLiteral(table.includes(".") ? table : `public.${table}`));
  const conditions = [
    ...(own === undefined ? [] : [`(${own}\n)`]),
    ...(names.length === 0 ? [] : [`ev_extra1 in (${names.join(", ")})`]),
  ];
  return conditions.length === 0 ? null : conditions.join(" and ");
}
