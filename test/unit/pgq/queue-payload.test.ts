import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { SkytoolsError } from "../../../src/errors/index.ts";
import { PayloadError } from "../../../src/pgq/payload-error.ts";
import { defineQueue } from "../../../src/pgq/queue.ts";

const schemas = {
  zod: z.object({ id: z.number(), items: z.array(z.object({ name: z.string() })) }),
  valibot: v.object({ id: v.number(), items: v.array(v.object({ name: v.string() })) }),
  arktype: type({ id: "number", items: type({ name: "string" }).array() }),
} as const;

describe.each(Object.entries(schemas))("with a schema of %s", (_name, schema) => {
  const queue = defineQueue("orders", { events: { "order:paid": schema } });

  test("a payload that fits is written and read back", async () => {
    const payload = { id: 7, items: [{ name: "tea" }] };

    const data = await queue.encodePayload("order:paid", payload);

    expect(data).toBe(JSON.stringify(payload));
    expect(await queue.parsePayload("order:paid", data)).toEqual(payload);
  });

  test("a payload that does not fit is refused with queue, type and place, and without the data", async () => {
    const send = async (): Promise<unknown> =>
      queue.encodePayload("order:paid", { id: "secret", items: [{ name: "tea" }, { name: 5_551_234 }] });

    const error = await send().catch((caught: unknown) => caught as PayloadError);

    expect(error).toBeInstanceOf(PayloadError);
    expect(error).toMatchObject({
      code: "PAYLOAD_INVALID",
      message: 'the payload of event type "order:paid" in queue orders does not fit its schema at id, items[1].name',
      details: { queue: "orders", type: "order:paid", paths: ["id", "items[1].name"] },
    });
    expect(JSON.stringify(error)).not.toMatch(/secret|5551234/);
    expect((error as PayloadError).issues()).toHaveLength(2);
  });

  test("a text that is not JSON is refused without quoting it", () => {
    expect(() => queue.parsePayload("order:paid", "secret")).toThrow(
      expect.objectContaining({
        code: "PAYLOAD_INVALID",
        message: 'the payload of event type "order:paid" in queue orders is not JSON',
      }) as Error,
    );
  });
});

describe("what a schema makes of a payload", () => {
  test("defaults and transformations are applied on reading; what is stored is what was sent", async () => {
    const queue = defineQueue("q", {
      events: { e: z.object({ at: z.coerce.date(), tags: z.array(z.string()).default([]) }) },
    });

    const data = await queue.encodePayload("e", { at: new Date(0) });

    expect(data).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
    expect(await queue.parsePayload("e", data)).toEqual({ at: new Date(0), tags: [] });
  });

  test("a payload is refused on sending if JSON would change it to something that its schema does not take", () => {
    const queue = defineQueue("q", { events: { e: z.object({ at: z.date() }) } });

    expect(() => queue.encodePayload("e", { at: new Date(0) })).toThrow("does not fit its schema at at");
  });

  test("an asynchronous schema is waited for on both sides", async () => {
    const even = z.number().refine(async (n) => Promise.resolve(n % 2 === 0));
    const queue = defineQueue("q", { events: { e: even } });

    expect(await queue.encodePayload("e", 4)).toBe("4");
    expect(await queue.parsePayload("e", "4")).toBe(4);
    await expect(queue.encodePayload("e", 3)).rejects.toThrow(PayloadError);
  });
});

describe("which types a queue takes", () => {
  const queue = defineQueue("orders", { events: { "order:paid": z.object({}), "order:sent": z.undefined() } });

  test("a type without a schema is refused with the nearest one that has one", () => {
    expect(() => queue.encodePayload("order:payd", {})).toThrow(
      expect.objectContaining({ code: "EVENT_TYPE_UNKNOWN", hint: 'do you mean "order:paid"?' }) as Error,
    );
    expect(() => queue.parsePayload(null, "{}")).toThrow(SkytoolsError);
  });

  test("an event without payload has no data", () => {
    expect(queue.encodePayload("order:sent", undefined)).toBeNull();
    expect(queue.parsePayload("order:sent", null)).toBeUndefined();
  });

  test("names of object methods are no types", () => {
    expect(() => queue.encodePayload("constructor", {})).toThrow("no schema");
  });

  test("a queue without schemas takes every type and every JSON value", () => {
    const plain = defineQueue("q");

    expect(plain.encodePayload("whatever", null)).toBe("null");
    expect(plain.parsePayload(null, '[1,"x"]')).toEqual([1, "x"]);
    expect(() => plain.encodePayload("e", 10n)).toThrow("cannot be written as JSON");
    expect(() => plain.encodePayload("e", () => 1)).toThrow("cannot be written as JSON");
  });

  test("a text queue stores and gives texts as they are", () => {
    const text = defineQueue("q", { format: "text", events: { line: z.string().max(3), none: z.null() } });

    expect(text.encodePayload("line", 'a"\\')).toBe('a"\\');
    expect(text.parsePayload("line", "{}")).toBe("{}");
    expect(text.encodePayload("none", undefined)).toBeNull();
    expect(text.parsePayload("none", null)).toBeNull();
    expect(() => text.encodePayload("line", 5)).toThrow("must be a text");
    expect(() => text.encodePayload("line", "long")).toThrow(PayloadError);
  });
});

describe("defineQueue", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["an unknown option", () => defineQueue("q", { event: {} } as object), /no option "event"/],
    ["another format", () => defineQueue("q", { format: "xml" as "json" }), /"json" or "text"/],
    ["something that is not a schema", () => defineQueue("q", { events: { e: {} as z.ZodString } }), /type "e"/],
    ["an empty name", () => defineQueue(""), /name/],
    ["a name with NUL", () => defineQueue("a\0b"), /NUL/],
  ])("refuses %s", (_what, define, message) => {
    expect(define).toThrow(message);
    expect(define).toThrow(expect.objectContaining({ code: "WRONG_USE" }) as Error);
  });
});
