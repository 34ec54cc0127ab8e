// What all of a run share: servers and the proxies before them, the seed, what was counted and what went wrong, and the
// keys of which a producer was told that they are committed.
import { type Chance, seededChance } from "../../harness/chance.ts";
import type { BadNetwork } from "../../harness/bad-network.ts";
import type { ServerClock } from "../../harness/server-clock.ts";
import type { Cluster } from "../../../src/testing/index.ts";
import type { FromChild } from "./messages.ts";

export interface Place {
  readonly cluster: Cluster;
  readonly proxy: BadNetwork;
  /** Of the server; null where it cannot be set. */
  readonly clock: ServerClock | null;
  /** Through the proxy. */
  readonly url: string;
  readonly directUrl: string;
}

export interface Stage {
  /** Where the queue is. */
  readonly source: Place;
  /** Where serial and remote consumers apply. */
  readonly target: Place;
  /** For position files. */
  readonly folder: string;
  /** Module that children load first: lets the parent shift their clock. */
  readonly clockShim: string;
  readonly random: Chance;
  readonly acknowledged: Set<string>;
  readonly problems: string[];
  readonly counts: Map<string, number>;
  hear(message: Exclude<FromChild, { kind: "ready" }>): void;
  problem(text: string): void;
  count(what: string, by?: number): void;
}

const MOST_PROBLEMS = 20;

export function createStage(places: Pick<Stage, "source" | "target" | "folder" | "clockShim">, seed: number): Stage {
  const acknowledged = new Set<string>();
  const problems: string[] = [];
  const counts = new Map<string, number>();
  const stage: Stage = {
    ...places,
    random: seededChance(seed),
    acknowledged,
    problems,
    counts,
    hear(message) {
      if (message.kind === "committed") for (const key of message.keys) acknowledged.add(key);
      else stage.count(message.what, message.by);
    },
    problem(text) {
      if (problems.length < MOST_PROBLEMS) problems.push(text);
    },
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  };
  return stage;
}
