// A consumer of each kind for tests, beside the Python one in test/interop/python: it writes down every event, in the
// transaction that ends the batch. KIND chooses the kind; with FORM=batch it is written for whole batches.
//
// again: set aside once. wait: waits for the advisory lock 1. bad: fails. fetch: reads where the flag is, with retries.
import { appendFileSync } from "node:fs";
import type { Transaction } from "../../../src/pgq/public.ts";
import {
  type ConsumerContext,
  type ConsumerKind,
  consumerProgram,
  defineOption,
  runAsMain,
} from "../../../src/programs/public.ts";

const kinds: readonly ConsumerKind[] = ["plain", "cooperative", "serial", "remote", "file"];
const kind = kinds.find((name) => name === process.env["KIND"]) ?? "plain";

const options = {
  /** kind file: where events go. */
  output: defineOption({ name: "output", type: "text", path: true, programs: ["recorder"], doc: "file for events" }),
};

interface Event {
  readonly id: bigint;
  readonly type: string | null;
  readonly data: string | null;
  readonly retries: number;
  retry(options: { readonly delayMs: number }): void;
}

async function record(
  event: Event,
  tx: Pick<Transaction, "query"> | null,
  { log, service }: ConsumerContext<typeof options>,
): Promise<void> {
  if (event.type === "again" && event.retries === 0) {
    event.retry({ delayMs: 0 });
    return;
  }
  if (event.type === "bad") throw new Error(`bad event ${event.data ?? ""}`);
  if (event.type === "wait") await tx?.query("select pg_advisory_xact_lock(1)::text");
  log.debug({ event: String(event.id) }, "recording");
  if (kind === "file" && service.options.output !== null)
    appendFileSync(service.options.output, `${event.data ?? ""}\n`);
  if (kind === "file") return;
  await tx?.query(
    "insert into seen (who, ev_id, ev_type, ev_data, ev_retry) values ('ours', $1::text::int8, $2, $3, $4::text::int4)",
    [String(event.id), event.type, event.data, event.retries === 0 ? null : String(event.retries)],
  );
}

const common = {
  name: "recorder",
  kind,
  database: "source_db",
  options,
  startup: ({ log }: { readonly log: ConsumerContext["log"] }) => log.info({}, "started"),
  ...(process.env["RETRY"] === "1" ? { retry: { delayMs: 0, maxRetries: 1 } } : {}),
} as const;

await runAsMain(
  process.env["FORM"] === "batch"
    ? consumerProgram({
        ...common,
        async batchHandler(batch, tx, context) {
          for await (const event of batch) await record(event, tx, context);
        },
      })
    : consumerProgram({
        ...common,
        handler: (event, tx, context) => record(event, kind === "file" ? null : tx, context),
      }),
);
