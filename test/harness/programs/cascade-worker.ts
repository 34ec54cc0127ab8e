// The worker of a node for tests: writes down every event in the transaction of its batch. CRASH says where the process
// kills itself: in (within a batch), commit (before it), tick (between commit and tick), finish (before the batch is
// finished). SPARES=1: the next transaction may begin before afterCommit() is called. KIND=consumer: a plain cascaded consumer instead.
import {
  cascadedConsumerProgram,
  cascadedWorkerProgram,
  type CascadeEvent,
  type WorkerBatch,
  type WorkerHooks,
} from "../../../src/cascade/index.ts";
import { runAsMain } from "../../../src/service/index.ts";

const crash = process.env["CRASH"] ?? "";
/** Batches before it. */
let lives = Number(process.env["LIVES"] ?? "0");

function dieAt(point: string): void {
  if (point === crash && lives <= 0) process.kill(process.pid, "SIGKILL");
}

type Batch = Pick<WorkerBatch, "target" | "queue" | "consumer">;

async function record(event: CascadeEvent, { target, queue, consumer }: Batch): Promise<void> {
  if (event.type === "wait") await target.query("select pg_advisory_xact_lock(1)::text");
  if (event.type === "bad") {
    const { cured } = await target.one<{ cured: boolean }>("select to_regclass('cured') is not null as cured");
    if (!cured) throw new Error(`bad event ${event.data ?? ""}`);
  }
  await target.query("insert into seen (queue, consumer, ev_id, ev_type, ev_data) values ($1, $2, $3, $4, $5)", [
    ...[queue, consumer, event.id, event.type, event.data],
  ]);
  dieAt("in");
}

/** Kills the process between the commit and the tick of the branch, which travel together. */
function watchTicks(batch: WorkerBatch): void {
  if (crash !== "tick") return;
  const { target } = batch;
  const pipeline = target.pipeline.bind(target);
  target.pipeline = async (statements, ...more) => {
    const isTick = ({ sql }: { readonly sql: string }): boolean => sql.includes("pgq.ticker");
    if (!statements.some(isTick) || lives > 0) return await pipeline(statements, ...more);
    await pipeline(
      statements.filter((statement) => !isTick(statement)),
      ...more,
    );
    dieAt("tick");
    return [];
  };
}

const hooks: WorkerHooks = {
  sparesTarget: process.env["SPARES"] === "1",
  openBatch(batch) {
    watchTicks(batch);
    return {
      async events(events) {
        for (const event of events) await record(event, batch);
      },
      beforeCommit() {
        dieAt("commit");
        return Promise.resolve();
      },
      afterCommit() {
        dieAt("finish");
        lives -= 1;
        return Promise.resolve();
      },
    };
  },
};

const name = "cascade";
await runAsMain(
  process.env["KIND"] === "consumer"
    ? cascadedConsumerProgram({ name, handler: (event, batch) => record(event, batch) })
    : cascadedWorkerProgram({ name, hooks: () => hooks }),
);
