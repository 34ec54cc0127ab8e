import { describe, expect, test } from "vitest";
import {
  decodeScriptAttributes,
  formatScriptAttributes,
  parseScriptAttributes,
  replaceTags,
} from "../../../src/londiste/index.ts";
import { labelAddition } from "../../../src/londiste/execute/new-labels.ts";

test.each([
  ["alter type mood add value 'y';", "alter type mood add value if not exists 'y' ;"],
  [
    `ALTER TYPE app."Odd T" /* why */ ADD VALUE IF NOT EXISTS E'it''s' BEFORE 'x'`,
    `alter type app."Odd T" add value if not exists E'it''s' BEFORE 'x'`,
  ],
  ["alter type mood rename value 'x' to 'y'", null],
  ["alter table a add value int", null],
  ["select 'alter type mood add value'", null],
])("an added label can be added again: %s", (statement, addition) => {
  expect(labelAddition(statement)).toBe(addition);
});

describe("attributes of a script", () => {
  test("they are read from the first comments, over several lines, and sent as londiste 3 sends them", () => {
    const attributes = parseScriptAttributes(`
      -- adds a column
      --*-- Local-Table: t1, t2,
      --*--     t3

      --*-- NEED-SCHEMA: x
      alter table t1 add v text;
      --*-- Need-Table: not read any more
    `);

    expect([...attributes]).toEqual([
      ["local-table", ["t1", "t2", "t3"]],
      ["need-schema", ["x"]],
    ]);
    expect(formatScriptAttributes(attributes)).toBe("local-table=t1%2ct2%2ct3&need-schema=x");
    expect(decodeScriptAttributes("local-table=t1%2ct2%2ct3&need-schema=x")).toEqual(attributes);
  });

  test("a script without attributes has none", () => {
    expect(formatScriptAttributes(parseScriptAttributes("select 1; --*-- Local-Table: x"))).toBe("");
    expect(decodeScriptAttributes(null).size).toBe(0);
  });

  test("an unknown attribute is refused with the nearest one", () => {
    expect(() => parseScriptAttributes("--*-- Local-Tabel: x")).toThrow(
      expect.objectContaining({ hint: "did you mean local-table?" }),
    );
    expect(() => parseScriptAttributes("--*-- what is this")).toThrow("is not an attribute");
  });

  test("tags become the names of the node, other text between @ stays", () => {
    const tags = new Map([["t1", 'public."T x"']]);

    expect(replaceTags("alter table @t1@; select 'a@b', '@c@'", tags)).toBe(
      "alter table public.\"T x\"; select 'a@b', '@c@'",
    );
    expect(replaceTags("select 'a@b', x <@ y from @t1@ where z @> '{@t1@}'", tags)).toBe(
      "select 'a@b', x <@ y from public.\"T x\" where z @> '{public.\"T x\"}'",
    );
    expect(replaceTags("@a.b(c)@ @axb(c)@", new Map([["a.b(c)", "it"]]))).toBe("it @axb(c)@");
  });
});
