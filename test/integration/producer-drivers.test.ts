// Producing through every driver and query builder that is supported.
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { send } from "../../src/pgq/producer/send.ts";
import { sendMany } from "../../src/pgq/producer/send-many.ts";
import { sqlstateOf } from "../../src/pgq/sqlstate-of.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { storedEvents } from "../harness/stored-events.ts";
import { type Flavour, flavours } from "./producer-flavours.ts";

const AWKWARD = `quotes ' " '' "" , backslash \\ \\\\ \\n, braces {}, $1 ? ?? :name, NULL, tab \t line \r\n end, é 漢 🎉`;

let counter = 0;

// One major: drivers do not care, and what the server does is tested on all of them elsewhere.
describe.each(majors().slice(-1))("PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let client: pg.Client;
  let queue: string;

  beforeAll(async () => {
    database = await createDatabase(major);
    client = await database.connect();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    queue = `q${(counter += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
  });

  describe.each(Object.entries(flavours))("%s", (_name, open) => {
    let flavour: Flavour;

    beforeAll(async () => {
      flavour = await open(database.url);
    });
    afterAll(() => flavour.close());

    test("an event outside a transaction is there at once, with the id that was returned", async () => {
      const id = await send(flavour.db, queue, { type: "paid", payload: { order: 1 }, extra2: "x" });

      expect(await storedEvents(client, queue)).toEqual([
        { id: String(id), type: "paid", data: '{"order":1}', extras: [null, "x", null, null] },
      ]);
    });

    test("events of a transaction are there if it commits, one by one and in bulk, in order", async () => {
      const ids: bigint[] = [];

      await flavour.transaction(async (tx) => {
        ids.push(await send(tx, queue, { type: "one" }));
        ids.push(
          ...(await sendMany(tx, queue, [
            { type: "two", payload: 2 },
            { type: "three", extra4: "e" },
          ])),
        );
        expect(await storedEvents(client, queue)).toEqual([]);
      });

      const stored = await storedEvents(client, queue);
      expect(stored.map(({ type, data, extras }) => [type, data, extras[3]])).toEqual([
        ["one", null, null],
        ["two", "2", null],
        ["three", null, "e"],
      ]);
      expect(stored.map(({ id }) => BigInt(id))).toEqual(ids);
    });

    test("a rollback leaves nothing", async () => {
      const failure = new Error("changed my mind");

      const done = flavour.transaction(async (tx) => {
        await send(tx, queue, { type: "one", payload: 1 });
        await sendMany(tx, queue, [{ type: "two", payload: 2 }]);
        throw failure;
      });

      await expect(done).rejects.toBe(failure);
      expect(await storedEvents(client, queue)).toEqual([]);
    });

    test("any text arrives as it is, alone and in an array", async () => {
      const event = { type: AWKWARD, data: AWKWARD, extra1: AWKWARD, extra2: "", extra3: "NULL", extra4: "\\N" };

      await send(flavour.db, queue, event);
      await sendMany(flavour.db, queue, [event, { type: "t", data: "", extra3: null }]);

      const stored = await storedEvents(client, queue);
      const awkward = { type: AWKWARD, data: AWKWARD, extras: [AWKWARD, "", "NULL", "\\N"] };
      expect(stored).toMatchObject([awkward, awkward, { type: "t", data: "", extras: [null, null, null, null] }]);
    });

    test("a payload of two megabytes arrives", async () => {
      const large = `"\\${"0123456789abcdé".repeat(140_000)}`;

      await send(flavour.db, queue, { type: "large", data: large });
      await sendMany(flavour.db, queue, [{ type: "large", data: large }]);

      const stored = await storedEvents(client, queue);
      expect(stored.map(({ data }) => data === large)).toEqual([true, true]);
    });

    test("thousands of events arrive in order", async () => {
      const numbers = Array.from({ length: 3_500 }, (_, i) => i);

      const ids = await sendMany(
        flavour.db,
        queue,
        numbers.map((payload) => ({ type: "n", payload })),
      );

      const stored = await storedEvents(client, queue);
      expect(stored.map(({ data }) => Number(data))).toEqual(numbers);
      expect(stored.map(({ id }) => id)).toEqual(ids.map(String));
    });

    test("what PostgreSQL cannot store is refused before anything is sent", async () => {
      await expect(send(flavour.db, queue, { type: "t", data: "a\0b" })).rejects.toMatchObject({
        code: "WRONG_USE",
        message: "data of an event has a NUL character in it, which PostgreSQL cannot store",
      });
      await expect(sendMany(flavour.db, queue, [{ type: "t" }, { type: "\ud800" }])).rejects.toMatchObject({
        code: "WRONG_USE",
      });
      expect(await storedEvents(client, queue)).toEqual([]);
    });

    test("NUL in a JSON payload is no trouble", async () => {
      await send(flavour.db, queue, { type: "t", payload: { text: "a\0b" } });

      const [stored] = await storedEvents(client, queue);
      expect(JSON.parse(stored!.data!)).toEqual({ text: "a\0b" });
    });

    test("an unknown queue is named, and the server's error is the cause", async () => {
      const error: unknown = await send(flavour.db, "nowhere", { type: "t" }).catch((caught: unknown) => caught);

      expect(error).toMatchObject({
        code: "QUEUE_UNKNOWN",
        message: "there is no queue nowhere",
        details: { queue: "nowhere", sqlstate: "P0001" },
      });
      expect(sqlstateOf((error as Error).cause)).toBe("P0001");
    });

    test("other errors of the server keep their SQLSTATE and do not show the event", async () => {
      let error: unknown;
      const done = flavour.transaction(async (tx) => {
        await send(tx, "nowhere", { type: "t" }).catch(() => undefined);
        error = await send(tx, queue, { type: "t", payload: "my secret" }).catch((caught: unknown) => caught);
        throw error;
      });

      await expect(done).rejects.toThrow();
      expect(sqlstateOf(error)).toBe("25P02");
      expect(String(error)).not.toContain("my secret");
    });
  });
});
