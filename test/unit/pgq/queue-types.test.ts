// What the compiler knows of payloads. The type checker runs this file; running it proves nothing more.
import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { defineQueue, type EventTypeOf, type PayloadInputOf, type PayloadOf } from "../../../src/pgq/queue.ts";

const orders = defineQueue("orders", {
  events: {
    paid: z.object({ id: z.number(), at: z.coerce.date<string>(), tags: z.array(z.string()).default([]) }),
    sent: v.object({ id: v.pipe(v.string(), v.transform(Number)) }),
    lost: type({ reason: "'theft' | 'fire'" }),
  },
});

test("payload types come from schemas of any library", () => {
  expectTypeOf(orders.events?.paid).not.toBeAny();
  expectTypeOf<EventTypeOf<typeof orders>>().toEqualTypeOf<"paid" | "sent" | "lost">();
  expectTypeOf<PayloadInputOf<typeof orders, "paid">>().toEqualTypeOf<{
    id: number;
    at: string;
    tags?: string[] | undefined;
  }>();
  expectTypeOf<PayloadOf<typeof orders, "paid">>().toEqualTypeOf<{ id: number; at: Date; tags: string[] }>();
  expectTypeOf<PayloadInputOf<typeof orders, "sent">>().toEqualTypeOf<{ id: string }>();
  expectTypeOf<PayloadOf<typeof orders, "sent">>().toEqualTypeOf<{ id: number }>();
  expectTypeOf<PayloadOf<typeof orders, "lost">>().toEqualTypeOf<{ reason: "theft" | "fire" }>();
});

test("without schemas a type is any text, and a payload is unknown or, in a text queue, text", () => {
  const plain = defineQueue("plain");
  const text = defineQueue("text", { format: "text" });

  expectTypeOf(plain.format).toEqualTypeOf<"json">();
  expectTypeOf<EventTypeOf<typeof plain>>().toEqualTypeOf<string>();
  expectTypeOf<EventTypeOf<string>>().toEqualTypeOf<string>();
  expectTypeOf<PayloadOf<typeof plain>>().toEqualTypeOf<unknown>();
  expectTypeOf<PayloadOf<"orders">>().toEqualTypeOf<unknown>();
  expectTypeOf<PayloadOf<typeof text>>().toEqualTypeOf<string | null>();
  expectTypeOf(text.format).toEqualTypeOf<"text">();
});
