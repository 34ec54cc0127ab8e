// What the child processes share: their orders, and telling the parent.
import type { FromChild } from "../messages.ts";

/** Kinds of consumers: what their position is, or how they work. */
export const consumerKinds = [
  "database",
  "retrying",
  "serial",
  "remote",
  "file",
  "outside",
  "worker",
  "ordered",
] as const;
export type ConsumerKind = (typeof consumerKinds)[number];

export interface Orders {
  readonly name: string;
  readonly seed: number;
  /** Connection strings of the queue's database and of the other one. */
  readonly source: string;
  readonly target: string;
  readonly queue: string;
  readonly consumer: string;
  readonly kind: ConsumerKind;
  /** File of the position. */
  readonly file: string;
}

export function readOrders(): Orders {
  return JSON.parse(process.argv[2] ?? "{}") as Orders;
}

export function tell(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

export function untilToldToStop(): AbortSignal {
  const stopping = new AbortController();
  process.once("SIGTERM", () => stopping.abort());
  tell({ kind: "ready" });
  return stopping.signal;
}
