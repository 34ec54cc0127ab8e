// The application: a few clients that place, pay, ship and cancel orders, and now and then change many rows or empty a
// table. It knows only that one of several databases takes its writes, and looks for it when it is refused.
import { reasonOf } from "../src/errors/index.ts";
import { setTimeout as delay } from "node:timers/promises";
import { connect, type Connection } from "../src/postgres/index.ts";
import { CUSTOMERS, PRODUCTS } from "./schema.ts";

export interface WriterCounts {
  readonly transactions: number;
  readonly rows: number;
  /** Tries that the database refused or lost. */
  readonly refused: number;
  /** The longest time in which nothing could be written, since measureGap(). */
  readonly longestGapMs: number;
  /** What they said, and how often. */
  readonly refusals: Readonly<Record<string, number>>;
}

export interface ShopWriter {
  counts(): WriterCounts;
  /** The pause that a client makes between two transactions. */
  setPause(ms: number): void;
  /** The longest time without a write counts from now on. */
  measureGap(): void;
  /** From now on customers collect points. */
  usePoints(): void;
  stop(): Promise<WriterCounts>;
}

export interface WriterOptions {
  /** Databases that may take writes; the first is tried first. */
  readonly urls: readonly string[];
  readonly clients: number;
  readonly pauseMs: number;
}

const RETRY_MS = 20;
/** A network that swallows everything would otherwise hold a client for ever. */
const LIMIT = "set statement_timeout = '10s'; set lock_timeout = '5s'";

export function startShopWriter({ urls, clients, pauseMs }: WriterOptions): ShopWriter {
  const stopping = new AbortController();
  const counts = { transactions: 0, rows: 0, refused: 0, longestGapMs: 0 };
  const refusals: Record<string, number> = {};
  const state = { pauseMs, hasPoints: false, place: 0, writtenMs: performance.now() };

  const note = (rows: number): void => {
    const now = performance.now();
    counts.longestGapMs = Math.max(counts.longestGapMs, now - state.writtenMs);
    state.writtenMs = now;
    counts.transactions += 1;
    counts.rows += rows;
  };

  const client = async (number: number): Promise<void> => {
    let db: Connection | null = null;
    let place = -1;
    let turn = number;
    while (!stopping.signal.aborted) {
      try {
        if (db === null || place !== state.place) {
          await db?.close();
          place = state.place;
          db = await connect(urls[place] ?? "", { env: {}, applicationName: "shop" });
          await db.execute(LIMIT);
        }
        note(await work(db, number, (turn += 1), state.hasPoints));
      } catch (error) {
        counts.refused += 1;
        const reason = reasonOf(error);
        refusals[reason] = (refusals[reason] ?? 0) + 1;
        // Whoever meets the refusal first sends all clients to the next database.
        if (isRefusal(reason) && place === state.place) state.place = (place + 1) % urls.length;
        if (db !== null && !(await rolledBack(db))) {
          await db.close();
          db = null;
        }
        await delay(RETRY_MS);
      }
      if (state.pauseMs > 0) await delay(state.pauseMs);
    }
    await db?.close();
  };

  const running = Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  return {
    counts: () => ({
      ...counts,
      refusals,
      longestGapMs: Math.max(counts.longestGapMs, performance.now() - state.writtenMs),
    }),
    setPause: (ms) => void (state.pauseMs = ms),
    measureGap() {
      counts.longestGapMs = 0;
      state.writtenMs = performance.now();
    },
    usePoints: () => void (state.hasPoints = true),
    async stop() {
      stopping.abort();
      await running;
      return { ...counts, refusals };
    },
  };
}

/** The statements of a transaction go as one text: whatever failed in it leaves it open. False when the connection is lost. */
async function rolledBack(db: Connection): Promise<boolean> {
  if (!db.isOpen) return false;
  return db.execute("rollback").then(
    () => true,
    () => false,
  );
}

function isRefusal(message: string): boolean {
  return /disallowed|not allowed|read-only|connect/i.test(message);
}

const random = (below: number): number => Math.floor(Math.random() * below);

/** One transaction; returns the number of rows that it changed. */
async function work(db: Connection, client: number, turn: number, hasPoints: boolean): Promise<number> {
  const pulse = "update shop.pulse set at = clock_timestamp() where id = 1;";
  // Only the first client touches this row: the others would wait for each other.
  const head = client === 0 ? pulse : "";
  const sql = head + statements(turn, hasPoints);
  const results = await db.execute(`begin; ${sql} commit`);
  return results.reduce((sum, { command, rowCount }) => sum + (command === "SELECT" ? 0 : rowCount), 0);
}

function statements(turn: number, hasPoints: boolean): string {
  const customer = 1 + random(CUSTOMERS);
  if (turn % 400 === 0) return "truncate shop.session;";
  if (turn % 150 === 0) return `update shop.product set price = price + 1 where id % 5 = ${random(5)};`;
  if (turn % 40 === 0) {
    return `insert into shop.activity (day, kind, weight)
      select '2026-01-01'::date + i % 360, 'click', random() from generate_series(1, 100) i;`;
  }
  const kind = random(10);
  if (kind < 4) return placeOrder(customer);
  if (kind < 6) return payOrder();
  if (kind === 6)
    return "update shop.orders set state = 'shipped' where id in (select id from shop.orders where state = 'paid' order by id desc limit 3 for update skip locked);";
  if (kind === 7)
    return `delete from shop.orders where id in (select id from shop.orders where state = 'new' order by id limit 1 for update skip locked);`;
  if (kind === 8 && hasPoints) return `update shop.customer set points = points + 10 where id = ${customer};`;
  if (kind === 8) return `update shop.customer set profile = profile || '{"seen": ${turn}}' where id = ${customer};`;
  return `insert into shop.session (customer_id) values (${customer}), (${customer + 1});`;
}

function placeOrder(customer: number): string {
  const [first, second] = [1 + random(PRODUCTS / 2), PRODUCTS / 2 + 1 + random(PRODUCTS / 2)];
  return `
    with placed as (
      insert into shop.orders (customer_id, total, note) values (${customer}, ${random(9000)}, 'it''s urgent') returning id)
    insert into shop.order_item
      select id, line, product, 1 + line, 250 from placed, (values (1, ${first}), (2, ${second})) as v (line, product);
    update shop.stock set amount = amount - 1 where product_id = ${first};`;
}

function payOrder(): string {
  return `
    with paid as (
      update shop.orders set state = 'paid'
      where id in (select id from shop.orders where state = 'new' order by id desc limit 1 for update skip locked)
      returning id, total)
    insert into shop.payment (order_id, amount, valid)
      select id, total, tstzrange(now(), now() + interval '30 days') from paid;`;
}
