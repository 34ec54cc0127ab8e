// The states of cascaded consumers, in the database that they write into.
import type { Connection, PipelineStatement, Queryable, StatementResult } from "../../postgres/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import type { ConsumerState, NodeType } from "../consumer/batch.ts";
import { type AnswerRow, callNode, checkAnswer } from "./answer.ts";

/** What a cascaded consumer is called, wherever it is registered. */
export interface CascadeConsumer {
  readonly queue: string;
  readonly consumer: string;
}

interface StateRow extends AnswerRow {
  readonly node_type: NodeType;
  readonly node_name: string;
  readonly completed_tick: bigint;
  readonly provider_node: string;
  readonly provider_location: string;
  readonly paused: boolean;
  readonly uptodate: boolean;
  readonly cur_error: string | null;
}

const STATE = "select * from pgq_node.get_consumer_state($1::text, $2::text)";

/** @throws NODE_REFUSED when there is no node of that queue, or no such consumer */
export async function getConsumerState(db: Queryable, { queue, consumer }: CascadeConsumer): Promise<ConsumerState> {
  return toConsumerState(await db.one<StateRow>(STATE, [queue, consumer], { name: "pgq_node_state" }));
}

/** The same for a pipeline; consumerStateOf takes its result. */
export function consumerStateStatement({ queue, consumer }: CascadeConsumer): PipelineStatement {
  return { sql: STATE, params: [queue, consumer], name: "pgq_node_state" };
}

/** @throws NODE_REFUSED, ROW_COUNT */
export function consumerStateOf(result: StatementResult | undefined): ConsumerState {
  const row = result?.rows[0];
  if (row === undefined) throw new SkytoolsError("ROW_COUNT", "pgq_node.get_consumer_state gave no row");
  return toConsumerState(row as unknown as StateRow);
}

function toConsumerState(row: StateRow): ConsumerState {
  checkAnswer(row, STATE);
  return {
    nodeType: row.node_type,
    nodeName: row.node_name,
    completedTick: row.completed_tick,
    providerNode: row.provider_node,
    providerLocation: row.provider_location,
    isPaused: row.paused,
    isUptodate: row.uptodate,
    error: row.cur_error,
  };
}

export interface CascadeConsumerInfo {
  readonly consumer: string;
  readonly provider: string;
  readonly lastTick: bigint;
  readonly isPaused: boolean;
  readonly isUptodate: boolean;
  readonly error: string | null;
}

interface InfoRow {
  readonly consumer_name: string;
  readonly provider_node: string;
  readonly last_tick_id: bigint;
  readonly paused: boolean;
  readonly uptodate: boolean;
  readonly cur_error: string | null;
}

/** All cascaded consumers that write into this database, by name. */
export async function getCascadeConsumers(db: Queryable, queue: string): Promise<readonly CascadeConsumerInfo[]> {
  const rows = await db.query<InfoRow>("select * from pgq_node.get_consumer_info($1::text) order by consumer_name", [
    queue,
  ]);
  return rows.map((row) => ({
    consumer: row.consumer_name,
    provider: row.provider_node,
    lastTick: row.last_tick_id,
    isPaused: row.paused,
    isUptodate: row.uptodate,
    error: row.cur_error,
  }));
}

/** One that is there gets the provider and the tick. @throws NODE_REFUSED when there is no node of that queue */
export async function registerCascadeConsumer(
  db: Connection,
  log: Logger,
  { queue, consumer }: CascadeConsumer,
  { provider, tick }: { readonly provider: string; readonly tick: bigint },
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.register_consumer($1::text, $2::text, $3::text, $4::int8)", [
    queue,
    consumer,
    provider,
    tick,
  ]);
}

export async function unregisterCascadeConsumer(
  db: Connection,
  log: Logger,
  { queue, consumer }: CascadeConsumer,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.unregister_consumer($1::text, $2::text)", [queue, consumer]);
}

/** Marks it as not up to date. @throws NODE_REFUSED when the member or the consumer is not known */
export async function changeConsumerProvider(
  db: Connection,
  log: Logger,
  { queue, consumer }: CascadeConsumer,
  provider: string,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.change_consumer_provider($1::text, $2::text, $3::text)", [
    queue,
    consumer,
    provider,
  ]);
}

/** @throws NODE_REFUSED when the consumer is not known */
export async function setConsumerUptodate(
  db: Connection,
  log: Logger,
  { queue, consumer }: CascadeConsumer,
  isUptodate: boolean,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.set_consumer_uptodate($1::text, $2::text, $3::bool)", [
    queue,
    consumer,
    isUptodate,
  ]);
}

/** A change marks it as not up to date. @returns false when it was so already. @throws NODE_REFUSED when it is not known */
export async function setConsumerPaused(
  db: Connection,
  log: Logger,
  { queue, consumer }: CascadeConsumer,
  isPaused: boolean,
): Promise<boolean> {
  const { ret_code } = await callNode(
    db,
    log,
    "select * from pgq_node.set_consumer_paused($1::text, $2::text, $3::bool)",
    [queue, consumer, isPaused],
  );
  return ret_code === 200;
}

/** Belongs into the transaction of the work; clears the error. @throws NODE_REFUSED when the consumer is not known */
export async function setConsumerCompleted(
  db: Connection,
  log: Logger,
  { queue, consumer }: CascadeConsumer,
  tick: bigint,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.set_consumer_completed($1::text, $2::text, $3::int8)", [
    queue,
    consumer,
    tick,
  ]);
}

// An answer that is an error makes the cast fail, and so the transaction that it is in.
const COMPLETED = `select case when ret_code < 400 then ret_code else ret_note::int4 end as done
   from pgq_node.set_consumer_completed($1::text, $2::text, $3::int8)`;

/** The same as the last statement of a pipelined transaction, which fails with it. */
export function consumerCompletedStatement({ queue, consumer }: CascadeConsumer, tick: bigint): PipelineStatement {
  return { sql: COMPLETED, params: [queue, consumer, tick], name: "pgq_node_completed" };
}

/** null: it is fine again. A consumer that is not known is passed over. */
export async function setConsumerError(
  db: Connection,
  log: Logger,
  { queue, consumer }: CascadeConsumer,
  text: string | null,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.set_consumer_error($1::text, $2::text, $3::text)", [
    queue,
    consumer,
    text,
  ]);
}
