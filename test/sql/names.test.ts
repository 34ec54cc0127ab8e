// Queue and consumer names are any text.
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { consume, createQueue, rotate, tick, value } from "./queue-steps.ts";

const names = [
  "",
  " ",
  "a.b.c",
  'say "hi"',
  "it's",
  "back\\slash",
  "$$ $f$ %L %s",
  "Größe ☃ 漢字",
  "x".repeat(200),
  "a\nb;--",
];

describe.each(majors())("on PostgreSQL %i", (major) => {
  test.each(names)("a queue and a consumer named %j live through everything", async (name) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "neighbour", "c");
    await createQueue(client, name, name);

    await client.query("select pgq.insert_event($1, $1, 'one')", [name]);
    await client.query("select pgq.insert_events($1, '{t}', '{two}')", [name]);
    await tick(client, name);
    const first = await consume(client, name, name);
    await rotate(client, name);
    await client.query("select pgq.insert_event($1, $1, 'three')", [name]);
    await tick(client, name);
    const second = await consume(client, name, name);

    expect([first, second]).toEqual([["one", "two"], ["three"]]);
    expect(await value<string>(client, "select queue_name from pgq.get_consumer_info($1, $1)", [name])).toBe(name);
    expect(await value<number>(client, "select pgq.drop_queue($1, true)", [name])).toBe(1);
  });
});
