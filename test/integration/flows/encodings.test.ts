// Nodes whose databases store texts in different encodings.
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, untilEqual } from "../../harness/our-set.ts";

const TYPES = `
  create schema "schön";
  create type "schön"."größe" as enum ('groß', 'klein', 'übel');
  create domain "schön".wort as text check (value <> 'böse')`;
const TABLES = `
  create table "schön"."Straße" ("schlüssel é" text primary key, "wért" text, j json, jb jsonb, raw bytea,
    g "schön"."größe", c char(5), list text[], w "schön".wort, n int default 0,
    constraint "prüfung" check ("wért" <> 'schlécht'));
  create table "schön".plain (id int primary key, v text);
  create index "ïndex" on "schön"."Straße" ("wért");
  insert into "schön"."Straße" values
    ('ä', 'ö', '{"é":"ü"}', '{"é":"ü"}', '\\x00e4ff', 'groß', 'éé', array['ñ', null], 'gut é', 1);
  insert into "schön".plain values (0, 'à')`;

const [STREET, PLAIN] = ['"schön"."Straße"', '"schön".plain'];
const NAMES = ["schön.Straße", "schön.plain"];
const template = (encoding: string): string => `template0 encoding '${encoding}' locale 'C'`;

describe.each(endMajors())("on PostgreSQL %i", (major) => {
  test.each([
    ["LATIN1", "UTF8"],
    ["UTF8", "LATIN1"],
  ])("rows, scripts, comparisons and repairs arrive from %s in %s", async (from, to) => {
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major, template: template(from) },
        { name: "leaf", role: "leaf", provider: "root", major, template: template(to) },
      ],
      schema: (node) => `${TYPES}; ${node === "root" ? TABLES : ""}`,
    });
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    const areEqual = async (): Promise<void> => {
      await untilEqual([root, leaf], STREET);
      await untilEqual([root, leaf], PLAIN);
    };
    const script = set.folder.file("é.sql");
    writeFileSync(
      script,
      `-- é\nalter table ${PLAIN} add column "ü" text default 'ö';\nupdate ${PLAIN} set "ü" = 'Ñ' where id = 1;`,
    );
    await root.run("add-table", ...NAMES);
    await leaf.run("add-table", ...NAMES, "--create-full", "--wait-sync", "--timeout=60");

    await root.db.query(`
      insert into ${STREET} select 'ß' || n, 'Ä' || n, '{"é":"ü"}', '{"é":"\\u00fc"}', '\\xe4', 'übel', 'ç', '{"à"}', 'ï', n
        from generate_series(1, 300) n;
      update ${STREET} set "schlüssel é" = "schlüssel é" || 'é', n = n + 1 where n % 3 = 1;
      update ${STREET} set "wért" = '§°' where n % 3 = 0;
      delete from ${STREET} where n % 7 = 0;
      insert into ${PLAIN} values (1, 'ÿ'), (2, repeat('é', 5000))`);
    await root.run("execute", script);
    await root.db.query(`insert into ${PLAIN} values (3, 'ÿ', 'þ')`);
    await areEqual();
    const equal = await leaf.attempt("compare", ...NAMES);
    await leaf.db.query(`
      set session_replication_role = replica;
      delete from ${STREET} where n % 5 = 0;
      update ${STREET} set "wért" = 'kaputt é' where n % 5 = 1;
      update ${PLAIN} set v = 'À' where id = 1`);
    const damaged = await leaf.attempt("compare", ...NAMES);
    const repaired = await leaf.attempt("repair", ...NAMES, "--apply");
    await areEqual();
    await leaf.run("resync", ...NAMES);
    await leaf.run("wait-sync", "--timeout=60");
    await areEqual();
    const whole = await leaf.attempt("compare", ...NAMES);

    expect(equal).toMatchObject({ status: 0 });
    expect(damaged.status).toBe(3);
    expect(damaged.stdout).toContain("schön.Straße: 52 missing, 51 different, 0 extra");
    expect(damaged.stdout).toContain("schön.plain: 0 missing, 1 different, 0 extra");
    expect(repaired.stdout).toContain("applied: 52 inserts, 51 updates, 0 deletes");
    expect(repaired.status).toBe(0);
    expect(whole.status).toBe(0);
    expect(leaf.workerLog()).not.toMatch(/ERROR/);
  });
});
