import type { Contest } from "../model.ts";
import { bloatContests } from "./bloat.ts";
import { drainContests } from "./drain.ts";
import { latencyContests } from "./latency.ts";
import { memoryContests } from "./memory.ts";
import { produceContests } from "./produce.ts";
import { walContests } from "./wal.ts";

export const queueContests: readonly Contest[] = [
  ...produceContests,
  ...drainContests,
  ...latencyContests,
  ...walContests,
  ...bloatContests,
  ...memoryContests,
];
