import type { Suite } from "../harness/contest.ts";
import { batchSuite } from "./batch.ts";
import { bulkSuite } from "./bulk.ts";
import { captureSuite } from "./capture.ts";
import { insertEventSuite } from "./insert-event.ts";
import { tickerSuite } from "./ticker.ts";
import { triggersSuite } from "./triggers.ts";

export const pgqSuites: readonly Suite[] = [
  insertEventSuite,
  captureSuite,
  triggersSuite,
  bulkSuite,
  tickerSuite,
  batchSuite,
];
