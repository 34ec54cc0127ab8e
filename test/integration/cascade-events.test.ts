// Reading a batch by COPY and passing it on to the queue of a branch.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyEventsToQueue, readBatchEvents, type CascadeEvent } from "../../src/cascade/events/index.ts";
import { requestTickHere } from "../../src/cascade/index.ts";
import { TICK_CHANNEL } from "../../src/pgq/index.ts";
import { connect, type Connection, parseConninfo, type Row } from "../../src/postgres/index.ts";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { until } from "../harness/until.ts";

const ODD = "tab\t newline\n back\\slash \\N ü € 😀 \r end";

describe.each(endMajors())("a batch of a cascaded queue, PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let db: Connection;

  beforeAll(async () => {
    database = await createDatabase(major);
    db = await connect(parseConninfo(database.url), { env: {} });
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  async function openBatch(queue: string, insert: string): Promise<bigint> {
    await db.query("select pgq.create_queue($1)", [queue]);
    await db.query("select pgq.register_consumer($1, 'reader')", [queue]);
    await db.execute(insert);
    await db.query("select pgq.force_tick($1)", [queue]);
    await db.query("select pgq.ticker($1)", [queue]);
    const { id } = await db.one<{ id: bigint }>("select pgq.next_batch($1, 'reader') as id", [queue]);
    return id;
  }

  async function readAll(batchId: bigint, options: object = {}): Promise<CascadeEvent[][]> {
    const chunks: CascadeEvent[][] = [];
    for await (const { events } of readBatchEvents(db, { batchId, ...options })) chunks.push([...events]);
    return chunks;
  }

  async function storedIn(queue: string): Promise<Row[]> {
    return await db.query(
      `select ev_id, ev_time, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra4 from pgq.event_template
        where tableoid in (select inhrelid from pg_inherits where inhparent =
          (select 'pgq.event_' || queue_id from pgq.queue where queue_name = $1)::regclass)
        order by ev_id`,
      [queue],
    );
  }

  const fieldsOf = ({ type, data, extra1, extra2, extra3, extra4 }: CascadeEvent): readonly (string | null)[] => [
    type,
    data,
    extra1,
    extra2,
    extra3,
    extra4,
  ];

  test("all fields come as they were inserted, NULL and odd characters too", async () => {
    const literal = `E'${ODD.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}'`;
    const batchId = await openBatch(
      "fields",
      `select pgq.insert_event('fields', 't', ${literal}, '', null, 'x', ${literal})`,
    );

    const [[event]] = (await readAll(batchId)) as [[CascadeEvent]];

    expect(fieldsOf(event)).toEqual(["t", ODD, "", null, "x", ODD]);
    expect(event.retry).toBeNull();
    const stored = await db.one("select ev_id, ev_txid, ev_time from pgq.event_template where ev_type = 't'");
    expect({ ev_id: event.id, ev_txid: event.txid, ev_time: event.time }).toEqual(stored);
  });

  test("a branch gets the events with their ids, changed where it was told to", async () => {
    const batchId = await openBatch(
      "upper",
      `select pgq.insert_event('upper', 'a', E'one\\n', 'x', null, null, null);
       select pgq.insert_event('upper', 'b', E'two\\\\', null, 'y', null, 'z')`,
    );
    await db.query("select pgq.create_queue('lower')");
    const [events] = await readAll(batchId);

    const count = await db.transaction(() =>
      copyEventsToQueue(
        db,
        "lower",
        (events ?? []).map((event) => ({
          event,
          changes: event.type === "b" ? { data: "tab\t", extra1: null } : null,
        })),
        { keepIds: true },
      ),
    );

    expect(count).toBe(2);
    const stored = await storedIn("lower");
    expect(stored).toEqual([
      {
        ev_id: events?.[0]?.id,
        ev_time: events?.[0]?.time,
        ev_type: "a",
        ev_data: "one\n",
        ev_extra1: "x",
        ev_extra2: null,
        ev_extra4: null,
      },
      {
        ev_id: events?.[1]?.id,
        ev_time: events?.[1]?.time,
        ev_type: "b",
        ev_data: "tab\t",
        ev_extra1: null,
        ev_extra2: "y",
        ev_extra4: "z",
      },
    ]);
  });

  test("a combined queue gives the events ids of its own", async () => {
    const batchId = await openBatch(
      "part",
      "select pgq.insert_event('part', 'other', 'zero'); select pgq.insert_event('part', 'to-combine', 'one')",
    );
    await db.query("select pgq.create_queue('combined')");
    const [events] = await readAll(batchId);

    await db.transaction(() =>
      copyEventsToQueue(
        db,
        "combined",
        (events ?? []).slice(1).map((event) => ({ event })),
        { keepIds: false },
      ),
    );

    const stored = await storedIn("combined");
    expect(stored).toMatchObject([{ ev_id: 1n, ev_type: "to-combine", ev_data: "one" }]);
  });

  test("a large batch comes in chunks, in the order of its ids", async () => {
    const batchId = await openBatch(
      "many",
      "select pgq.insert_event('many', 't', repeat('x', 1000)) from generate_series(1, 3000)",
    );

    const chunks = await readAll(batchId, { chunkEvents: 500 });

    const ids = chunks.flat().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => Number(a - b)));
    expect(ids).toHaveLength(3000);
    expect(chunks.length).toBeGreaterThan(3);
  });

  test("only events of the condition are read", async () => {
    const batchId = await openBatch(
      "some",
      "select pgq.insert_event('some', 't', n::text, 't' || n % 2, null, null, null) from generate_series(1, 10) n",
    );

    const events = (await readAll(batchId, { where: "ev_extra1 = 't1' -- odd" })).flat();

    expect(events.map(({ data }) => data)).toEqual(["1", "3", "5", "7", "9"]);
  });

  test("who leaves a batch half read can use the connection at once", async () => {
    const batchId = await openBatch(
      "left",
      "select pgq.insert_event('left', 't', repeat('x', 1000)) from generate_series(1, 20000)",
    );

    for await (const chunk of readBatchEvents(db, { batchId, chunkEvents: 10 })) {
      expect(chunk.events.length).toBeGreaterThan(0);
      break;
    }

    expect(await db.one("select 1 as one")).toEqual({ one: 1 });
  });

  test.each([
    ["4MB", "64MB"],
    ["1GB", "1GB"],
  ])("events are sorted with 64 MB at least: a session with %s has %s then", async (before, after) => {
    const queue = `sorted_${before}`;
    const batchId = await openBatch(queue, `select pgq.insert_event('${queue}', 't', 'x')`);
    await using reader = await connect(parseConninfo(database.url), { env: {} });
    await reader.query("select set_config('work_mem', $1, false)", [before]);

    for await (const { events } of readBatchEvents(reader, { batchId })) expect(events).toHaveLength(1);

    expect(await reader.one("show work_mem")).toEqual({ work_mem: after });
  });

  test("a signal ends the reading with ABORTED", async () => {
    const batchId = await openBatch("aborted", "select pgq.insert_event('aborted', 't', 'x')");

    const reading = readAll(batchId, { where: "pg_sleep(30) is not null", signal: AbortSignal.timeout(50) });

    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
    expect(await db.one("select 1 as one")).toEqual({ one: 1 });
  });

  test("whoever waits for ticks is told of one that was asked for", async () => {
    await db.query("select pgq.create_queue('asked')");
    const told: string[] = [];
    const unlisten = await db.listen(TICK_CHANNEL, ({ payload }) => told.push(payload));

    await requestTickHere(db, "asked");

    await until(() => told.includes("asked"));
    await unlisten();
  });

  test("a batch that is not open is an error of the server", async () => {
    await expect(readAll(987_654n)).rejects.toMatchObject({
      code: "DATABASE",
    });
  });
});
