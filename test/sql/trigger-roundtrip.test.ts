// Any row, of any type, under any column name, comes back equal from the events of each trigger.
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";

const id = pg.escapeIdentifier;
const text = fc.string({ unit: "binary", maxLength: 12 }).map((s) => s.replace(/\0|\p{Surrogate}/gu, "\u0001"));
const pick = (...values: string[]) => fc.constantFrom(...values);
const int = (min: number, max: number) => fc.integer({ min, max }).map(String);

/** Types, and texts that their input functions take. */
const TYPES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  int2: int(-32768, 32767),
  int4: int(-2147483648, 2147483647),
  int8: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  numeric: fc.oneof(pick("NaN", "Infinity", "-Infinity", "1.00", "0.000", "1e100"), fc.integer().map(String)),
  float4: fc.oneof(pick("NaN", "-0", "Infinity"), fc.float({ noNaN: true }).map(String)),
  float8: fc.oneof(pick("NaN", "-0", "-Infinity"), fc.double({ noNaN: true }).map(String)),
  text,
  "char(14)": text.filter((s) => Array.from(s).length <= 14),
  varchar: text,
  bytea: fc.uint8Array({ maxLength: 9 }).map((b) => `\\x${Buffer.from(b).toString("hex")}`),
  bool: pick("t", "f"),
  date: pick("infinity", "-infinity", "2024-02-29", "0044-03-15 BC", "20000-01-01"),
  time: pick("00:00:00", "23:59:59.999999", "24:00:00"),
  timetz: pick("12:00:00+02", "01:02:03.5-11:30"),
  timestamp: pick("infinity", "-infinity", "2024-02-29 01:02:03.456", "0044-03-15 00:00:00 BC", "20000-01-01 00:00:00"),
  timestamptz: pick("infinity", "2024-02-29 01:02:03.456+00", "0044-03-15 00:00:00+00 BC", "1800-01-01 00:00:00+00"),
  interval: pick("1 year -2 mons +3 days -04:05:06.7", "00:00:00", "-178000000 years"),
  uuid: fc.uuid(),
  json: fc.json(),
  jsonb: fc.json({ maxDepth: 2 }).filter((s) => !s.includes("\\u0000")),
  "int4[]": pick("{}", "{1,NULL,-3}", "[0:1]={1,2}", "{{1,2},{3,4}}"),
  "text[]": pick("{}", '{"a b","c,d",NULL,"NULL","q\\"q","b\\\\b"}'),
  int4range: pick("empty", "[1,5)", "(,)"),
  tstzrange: pick('["2024-01-01 00:00:00+00",infinity)', "empty"),
  int4multirange: pick("{}", "{[1,3),[5,7)}"),
  inet: pick("10.0.0.1", "10.0.0.1/8", "::1/64"),
  cidr: pick("10.0.0.0/8", "::/0"),
  macaddr: pick("08:00:2b:01:02:03"),
  "bit(5)": pick("10101"),
  varbit: pick("", "101"),
  point: pick("(1,2.5)", "(-0,NaN)"),
  box: pick("(2,2),(1,1)"),
  polygon: pick("((0,0),(1,1),(2,0))"),
  tsvector: pick("", "'a b':1 'c''d':2A"),
  money: pick("$1,234.50", "-$0.01"),
  oid: pick("0", "4294967295"),
  rt_mood: pick("so so", 'o\'k, "fine"'),
  rt_digits: pick("007", "1"),
  rt_pair: pick("(,)", '(1,"a ""b"", \\\\c")', '(,"")'),
};

interface Column {
  readonly name: string;
  readonly type: string;
  readonly value: string | null;
}

const name = fc
  .oneof(
    pick("a=b", "a&b", "a,b", 'q"q', "it's", "order", "Mixed", "per%cent", "ümlaut", "b\\s", "c1", "_never", "i_row"),
    text,
  )
  .filter((s) => s !== "" && s !== "key" && !s.startsWith("_pgq_ev_") && Buffer.byteLength(s) < 60);
const column: fc.Arbitrary<Column> = fc
  .constantFrom(...Object.keys(TYPES))
  .chain((type) => fc.record({ name, type: fc.constant(type), value: fc.option(TYPES[type] as fc.Arbitrary<string>) }));
const columns = fc.uniqueArray(column, { selector: (c) => c.name, minLength: 1, maxLength: 40 });

type Field = [name: string, value: string | null];

/** A row in URL encoding; a name without "=" is NULL. */
function decodeUrl(data: string): Field[] {
  const decode = (part: string): string => decodeURIComponent(part.replaceAll("+", " "));
  return data.split("&").map((pair) => {
    const [key = "", value] = pair.split("=");
    return [decode(key), value === undefined ? null : decode(value)];
  });
}

const runs = majors().flatMap((major) => [
  { major, how: "general code", isGenerated: false },
  { major, how: "generated functions", isGenerated: true },
]);

describe.each(runs)("on PostgreSQL $major, $how", ({ major, isGenerated }) => {
  let db: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    db = await createDatabase(major);
    client = await db.connect();
    await client.query(`create type rt_mood as enum ('so so', 'o''k, "fine"');
      create domain rt_digits as text check (value ~ '^[0-9]+$'); create type rt_pair as (a int, b text);
      select pgq.create_queue('q'); set lc_monetary = 'C'`);
  });
  afterAll(() => db.drop());

  /** Makes a table with the row in it and returns the events of the three triggers: jsontriga, logutriga, sqltriga. */
  const log = async (row: readonly Column[]): Promise<readonly [string, string, string]> => {
    await client.query("drop table if exists source, copy_json, copy_url, copy_sql");
    const list = row.map((c) => `, ${id(c.name)} ${c.type}`).join("");
    await client.query(`create table source (key int primary key${list})`);
    for (const copy of ["copy_json", "copy_url", "copy_sql"]) await client.query(`create table ${copy} (like source)`);
    for (const trigger of ["logutriga", "sqltriga", "jsontriga"])
      await client.query(
        `create trigger ${trigger} after insert on source for each row execute function pgq.${trigger}('q')`,
      );
    if (isGenerated) await client.query("select pgq.maint_triggers()");

    const places = row.map((c, i) => `, $${i + 1}::text::${c.type}`).join("");
    await client.query(
      `insert into source values (1${places})`,
      row.map((c) => c.value),
    );
    const { rows } = await client.query<{ ev_data: string }>(
      "select ev_data from (select * from pgq.event_1 order by ev_id desc limit 3) e order by ev_id",
    );
    return rows.map((r) => r.ev_data) as unknown as readonly [string, string, string];
  };

  /** json and jsonb values are strings in the event, so the members are taken as texts. */
  const decodeJson = async (data: string): Promise<Field[]> => {
    const query = { text: "select key, value from json_each_text($1)", values: [data], rowMode: "array" as const };
    return (await client.query<Field>(query)).rows;
  };
  const insert = async (table: string, fields: readonly Field[]): Promise<void> => {
    const names = fields.map(([key]) => id(key)).join();
    const places = fields.map((_, i) => `$${i + 1}`).join();
    const values = fields.map(([, value]) => value);
    await client.query(`insert into ${table} (${names}) values (${places})`, values);
  };

  test("a row comes back equal from the events of each trigger", async () => {
    await fc.assert(
      fc.asyncProperty(columns, async (row) => {
        const [json, url, sql] = await log(row);

        await insert("copy_json", await decodeJson(json));
        await insert("copy_url", decodeUrl(url));
        await client.query(`insert into copy_sql ${sql}`);

        const { rows } = await client.query<Record<string, string>>(`
          select (s.*)::text as source, (j.*)::text as json, (u.*)::text as url, (q.*)::text as sql
          from source s, copy_json j, copy_url u, copy_sql q`); // u alone is a column of that name, if there is one
        const source = rows[0]?.["source"];
        expect(rows).toEqual([{ source, json: source, url: source, sql: source }]);
      }),
      { numRuns: 40, examples: [[[{ name: "u", type: "bool", value: null }]]] },
    );
  });
});
