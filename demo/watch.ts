// Measures what the picture shows: how old each node's newest change is, where its tables stand.
import { connect, type Connection } from "../src/postgres/index.ts";
import type { Place } from "./places.ts";

export interface NodeView {
  readonly name: string;
  readonly type: string;
  readonly major: number;
  /** Age of the newest change of shop.pulse less the writer's own pause; null: it is not there yet. */
  readonly lagMs: number | null;
  readonly tablesOk: number;
  readonly tables: number;
  readonly error: string | null;
}

export interface Watch {
  /** The newest look. */
  views(): readonly NodeView[];
  /** All lags of a node so far, milliseconds. */
  lags(name: string): readonly number[];
  stop(): Promise<void>;
}

const EVERY_MS = 250;

const VIEW = `
  select i.node_type as type,
    (select count(*) from londiste.get_table_list('shop') where local)::int as tables,
    (select count(*) from londiste.get_table_list('shop') where local and merge_state = 'ok')::int as ok,
    (select cur_error from pgq_node.get_worker_state('shop')) as error
  from pgq_node.get_node_info('shop') i`;
const PULSE = "select (extract(epoch from clock_timestamp() - at) * 1000)::float8 as age from shop.pulse where id = 1";

export function startWatch(places: readonly Place[], pulseMs: () => number): Watch {
  const stopping = new AbortController();
  const latest = new Map<string, NodeView>();
  const lags = new Map<string, number[]>(places.map(({ name }) => [name, []]));
  const loop = async (place: Place): Promise<void> => {
    let db: Connection | null = null;
    while (!stopping.signal.aborted) {
      try {
        db ??= await connect(place.url, { env: {}, applicationName: "demo" });
        const view = await look(db, place, pulseMs());
        latest.set(place.name, view);
        if (view.lagMs !== null && view.type !== "root") lags.get(place.name)?.push(view.lagMs);
      } catch {
        // Not a node yet, or on its way to become one.
        if (db?.isOpen === false) db = null;
      }
      await pause(EVERY_MS, stopping.signal);
    }
    await db?.close();
  };
  const running = Promise.all(places.map(loop));
  return {
    views: () => places.flatMap(({ name }) => latest.get(name) ?? []),
    lags: (name) => lags.get(name) ?? [],
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function look(db: Connection, { name, major }: Place, pulseMs: number): Promise<NodeView> {
  const row = await db.one<{ type: string; tables: number; ok: number; error: string | null }>(VIEW);
  const age = row.ok === 0 ? null : await db.maybeOne<{ age: number }>(PULSE);
  // The newest change is on average half a pause old where it was made.
  const lagMs = age === null || row.type === "root" ? null : Math.max(0, age.age - pulseMs / 2);
  return { name, type: row.type, major, lagMs, tablesOk: row.ok, tables: row.tables, error: row.error };
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted === true) end();
  });
}

/** The value below which that share of the numbers is; null of none. */
export function percentile(numbers: readonly number[], share: number): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
