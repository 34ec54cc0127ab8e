// copyEvents, through everything that can COPY.
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import type { CopyTargetSource } from "../../src/pgq/drivers/copy-target.ts";
import { copyEvents } from "../../src/pgq/producer/copy-events.ts";
import { defineQueue } from "../../src/pgq/queue.ts";
import { sqlstateOf } from "../../src/pgq/sqlstate-of.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { storedEvents } from "../harness/stored-events.ts";
import { type Flavour, flavours } from "./producer-flavours.ts";

const copying = ["pg Client", "pg Pool", "postgres.js", "our Connection"];
const others = Object.keys(flavours).filter((name) => !copying.includes(name));

let counter = 0;
let database: TestDatabase;
let client: pg.Client;
let queue: string;
let flavour: Flavour & { readonly db: CopyTargetSource };

const openFlavour = async (name: string): Promise<void> => {
  flavour = (await flavours[name]!(database.url)) as typeof flavour;
};

beforeAll(async () => {
  database = await createDatabase(majors().at(-1)!);
  client = await database.connect();
});
afterAll(() => database.drop());
beforeEach(async () => {
  queue = `q${(counter += 1)}`;
  await client.query("select pgq.create_queue($1)", [queue]);
});

async function* numbers(count: number): AsyncGenerator<{ type: string; payload: number }> {
  for (let payload = 0; payload < count; payload += 1) yield await Promise.resolve({ type: "n", payload });
}

describe.each(copying)("%s", (name) => {
  beforeAll(() => openFlavour(name));
  afterAll(() => flavour.close());

  test("a stream of events is copied outside a transaction, all of them at once", async () => {
    expect(await copyEvents(flavour.db, queue, numbers(20_000))).toBe(20_000);

    const stored = await storedEvents(client, queue);
    expect(stored).toHaveLength(20_000);
    expect(stored.every(({ data }, i) => Number(data) === i)).toBe(true);
  });

  test("copied events belong to the caller's transaction", async () => {
    const failure = new Error("changed my mind");

    const rolledBack = flavour.transaction(async (tx) => {
      expect(await copyEvents(tx as CopyTargetSource, queue, numbers(3))).toBe(3);
      throw failure;
    });
    await expect(rolledBack).rejects.toBe(failure);
    expect(await storedEvents(client, queue)).toEqual([]);

    await flavour.transaction((tx) => copyEvents(tx as CopyTargetSource, queue, numbers(3)));
    expect(await storedEvents(client, queue)).toHaveLength(3);
  });

  test("awkward texts and nulls arrive as they are", async () => {
    const text = `tab \t line \r\n backslash \\ \\N \\. quotes ' " 漢🎉`;

    await copyEvents(flavour.db, queue, [
      { type: text, data: text, extra1: text, extra2: "" },
      { type: "\\.", data: "\\." },
    ]);

    expect(await storedEvents(client, queue)).toMatchObject([
      { type: text, data: text, extras: [text, "", null, null] },
      { type: "\\.", data: "\\." },
    ]);
  });

  test("no events are no rows", async () => {
    expect(await copyEvents(flavour.db, queue, [])).toBe(0);
  });

  test("an event that does not fit its schema, or a source that fails, takes all back and leaves the client usable", async () => {
    const typed = defineQueue(queue, { events: { n: z.number().max(900) } });

    const tooLarge = copyEvents(flavour.db, typed, numbers(2_000) as AsyncIterable<{ type: "n"; payload: number }>);
    await expect(tooLarge).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });

    const failure = new Error("the file ended early");
    const failing = (function* () {
      yield { type: "n", payload: 1 };
      throw failure;
    })();
    await expect(copyEvents(flavour.db, queue, failing)).rejects.toBe(failure);

    expect(await storedEvents(client, queue)).toEqual([]);
    expect(await copyEvents(flavour.db, queue, numbers(1))).toBe(1);
  });

  test("what the server refuses is the driver's error, also after the last row", async () => {
    await client.query(`alter table ${await tableOf(queue)} add constraint small check (length(ev_data) < 3)`);

    const error: unknown = await copyEvents(flavour.db, queue, numbers(1_001)).catch((caught: unknown) => caught);

    expect(sqlstateOf(error)).toBe("23514");
    expect(await copyEvents(flavour.db, queue, numbers(9))).toBe(9);
  });

  test("an unknown queue is named before anything is read", async () => {
    let isRead = false;
    const source = (function* () {
      isRead = true;
      yield { type: "n" };
    })();

    await expect(copyEvents(flavour.db, "nowhere", source)).rejects.toMatchObject({ code: "QUEUE_UNKNOWN" });
    expect(isRead).toBe(false);
  });

  test("keys and delays are refused", async () => {
    await expect(copyEvents(flavour.db, queue, [{ type: "n", delayMs: 5 }])).rejects.toMatchObject({
      code: "WRONG_USE",
      hint: "use sendMany",
    });
  });
});

describe.each(others)("with %s", (name) => {
  beforeAll(() => openFlavour(name));
  afterAll(() => flavour.close());

  test("copying is refused with what to do instead", async () => {
    await expect(copyEvents(flavour.db, queue, numbers(1))).rejects.toMatchObject({
      code: "WRONG_USE",
      hint: expect.stringContaining("sendMany") as string,
    });
  });
});

async function tableOf(name: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>("select pgq.current_event_table($1) as name", [name]);
  return rows[0]!.name;
}
