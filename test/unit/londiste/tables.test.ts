import { describe, expect, test } from "vitest";
import {
  formatAttributes,
  formatHandlerText,
  formatMergeState,
  fullName,
  noAttributes,
  parseAttributes,
  parseHandlerText,
  parseMergeState,
  toTableInfo,
} from "../../../src/londiste/index.ts";

describe("state of a table", () => {
  test.each([
    [null, { kind: "none" }],
    ["in-copy", { kind: "in-copy" }],
    ["catching-up", { kind: "catching-up" }],
    ["wanna-sync:17", { kind: "wanna-sync", tick: 17n }],
    ["do-sync:9007199254740993", { kind: "do-sync", tick: 9007199254740993n }],
    ["ok", { kind: "ok" }],
  ])("%s is read and written back", (text, state) => {
    expect(parseMergeState(text)).toEqual(state);
    expect(formatMergeState(parseMergeState(text))).toBe(text);
  });

  test("the old question mark is ok", () => {
    expect(parseMergeState("?")).toEqual({ kind: "ok" });
  });

  test.each(["", "OK", "wanna-sync", "wanna-sync:x", "copy"])("%j is refused", (text) => {
    expect(() => parseMergeState(text)).toThrow("is not a state");
  });
});

describe("handler text", () => {
  test("the stored form of londiste 3.11 is read and written back", () => {
    const text = "applyfn(func_name=fnapply&func_conf=x%3d1)";

    const handler = parseHandlerText(text);

    expect(handler.name).toBe("applyfn");
    expect([...handler.args]).toEqual([
      ["func_name", "fnapply"],
      ["func_conf", "x=1"],
    ]);
    expect(formatHandlerText(handler)).toBe(text);
  });

  test("commas separate arguments too", () => {
    expect([...parseHandlerText("bulk(method=1,x=2)").args.keys()]).toEqual(["method", "x"]);
  });

  test.each(["", "a(b", "a b", "(x=1)"])("%j is no handler", (text) => {
    expect(() => parseHandlerText(text)).toThrow("is not a handler");
  });
});

describe("attributes of a table", () => {
  test("all that londiste 3 stores is understood, and what is unknown is kept", () => {
    const text = "handler=bulk%28method%3d1%29&skip_truncate=1&copy_node=n1&max_parallel_copy=3&other=x";

    const attributes = parseAttributes(text);

    expect(attributes).toMatchObject({
      handler: { name: "bulk" },
      isTruncateSkipped: true,
      copyNode: "n1",
      maxParallelCopy: 3,
    });
    expect(formatAttributes(attributes)).toBe(text);
  });

  test("handlers is an old name of handler", () => {
    expect(parseAttributes("handlers=qtable").handler?.name).toBe("qtable");
  });

  test("none are stored as null", () => {
    expect(formatAttributes(noAttributes)).toBeNull();
    expect(parseAttributes(null)).toEqual(noAttributes);
    expect(parseAttributes("")).toEqual(noAttributes);
  });
});

test("a table row names its destination even if that is not stored", () => {
  const row = {
    table_name: "public.t",
    local: true,
    merge_state: "ok",
    custom_snapshot: null,
    table_attrs: null,
    dropped_ddl: null,
    copy_role: "lead",
    copy_pos: null,
    dest_table: null,
  };

  expect(toTableInfo(row)).toMatchObject({ dest: "public.t", isLocal: true, copyRole: "lead", copyPosition: 0 });
  expect(toTableInfo({ ...row, dest_table: "s.x" }).dest).toBe("s.x");
});

test("a name without a schema is one of public", () => {
  expect(fullName("t")).toBe("public.t");
  expect(fullName("s.t.u")).toBe("s.t.u");
});
