// Two databases of one server, tables of the first replayed into the second, without any worker.
import { readBatchEvents } from "../../src/cascade/events/index.ts";
import {
  BatchApplier,
  type ApplyStats,
  type BatchApplierOptions,
  TableStructures,
} from "../../src/londiste/apply/index.ts";
import { handlerRegistry, type TableHandler } from "../../src/londiste/handler/index.ts";
import { connect, type Connection, parseConninfo } from "../../src/postgres/index.ts";
import { createDatabase } from "./database.ts";

export interface Replay extends AsyncDisposable {
  readonly origin: Connection;
  readonly replica: Connection;
  /** Runs the script in both. */
  both(sql: string): Promise<void>;
  /** Puts a trigger on a table of the origin. */
  capture(table: string, kind?: "jsontriga" | "logutriga" | "sqltriga", options?: string): Promise<void>;
  /** Replays what happened since the last call, in one batch. When it fails, the next call begins with the same batch. */
  replay(options?: Partial<BatchApplierOptions>): Promise<ApplyStats>;
  /** All rows of a table of both sides as text, sorted. */
  rows(table: string): Promise<{ readonly origin: string[]; readonly replica: string[] }>;
}

const QUEUE = "replayed";

export function plainHandler(): TableHandler {
  return handlerRegistry().open({ table: "", dest: "", handler: null });
}

export async function startReplay(major: number): Promise<Replay> {
  const databases = [await createDatabase(major), await createDatabase(major, "template1")] as const;
  const [origin, replica] = await Promise.all(databases.map(({ url }) => connect(parseConninfo(url), { env: {} })));
  if (origin === undefined || replica === undefined) throw new Error("no connection");
  const structures = new TableStructures(replica);
  await origin.query("select pgq.create_queue($1)", [QUEUE]);
  await origin.query("select pgq.register_consumer($1, 'replica')", [QUEUE]);
  await replica.execute("set session_replication_role = replica");

  let openBatch: bigint | null = null;

  async function nextBatch(): Promise<bigint> {
    await origin!.query("select pgq.force_tick($1)", [QUEUE]);
    await origin!.query("select pgq.ticker($1)", [QUEUE]);
    const { id } = await origin!.one<{ id: bigint | null }>("select pgq.next_batch($1, 'replica') as id", [QUEUE]);
    if (id === null) throw new Error("there is no batch");
    return id;
  }

  async function applyBatch(batchId: bigint, options: Partial<BatchApplierOptions>): Promise<ApplyStats> {
    const handler = plainHandler();
    return await replica!.transaction(async (target) => {
      const applier = new BatchApplier({
        target,
        structures,
        tables: (name) => ({ name, dest: name, handler }),
        batch: { tickId: 2n, previousTickId: 1n, tickTime: "2026-01-01 00:00:00+00" },
        ...options,
      });
      for await (const { events } of readBatchEvents(origin!, { batchId })) {
        for (const event of events) {
          const added = applier.add(event);
          if (added !== undefined) await added;
        }
      }
      return await applier.finish();
    });
  }

  async function textOf(db: Connection, table: string): Promise<string[]> {
    const rows = await db.query<{ row: string }>(`select whole_row::text as row from ${table} whole_row order by 1`);
    return rows.map(({ row }) => row);
  }

  return {
    origin,
    replica,
    async both(sql) {
      await origin.execute(sql);
      await replica.execute(`set session_replication_role = origin; ${sql}; set session_replication_role = replica`);
    },
    async capture(table, kind = "jsontriga", options = "") {
      const name = table.replaceAll(/\W/g, "_");
      await origin.execute(
        `create trigger ${name}_q after insert or update or delete on ${table} for each row
           execute function pgq.${kind}('${QUEUE}'${options === "" ? "" : `, ${options}`});
         create trigger ${name}_t after truncate on ${table} for each statement execute function pgq.sqltriga('${QUEUE}')`,
      );
    },
    async replay(options = {}) {
      openBatch ??= await nextBatch();
      const stats = await applyBatch(openBatch, options);
      await origin.query("select pgq.finish_batch($1)", [openBatch]);
      openBatch = null;
      return stats;
    },
    async rows(table) {
      return { origin: await textOf(origin, table), replica: await textOf(replica, table) };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([origin.close(), replica.close()]);
      await Promise.all(databases.map((database) => database.drop()));
    },
  };
}
