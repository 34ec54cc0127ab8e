// Runs contests of several peers, and prints each as soon as it is measured.
import { reasonOf } from "../../src/errors/index.ts";
import type { Meter, Reading } from "./meter.ts";
import type { Contest } from "./peer-contest.ts";
import { type ContestResult, heading, judge, type Readings, resultLines, summary } from "./peer-table.ts";

export interface NamedPeer<N extends string> {
  readonly name: N;
  close(): Promise<void>;
}

export interface ContestRun<N extends string, P extends NamedPeer<N>, S extends { readonly rounds: number }> {
  readonly contests: readonly Contest<N, P, S>[];
  /** In the order in which they are printed. */
  readonly names: readonly N[];
  readonly open: (name: N) => Promise<P>;
  /** Peers that do not share a server are opened together. */
  readonly opensTogether?: boolean;
  readonly size: S;
  readonly isQuick: boolean;
  readonly isJson: boolean;
  readonly meter: (peers: readonly P[]) => Meter;
}

/** @returns exit status: 0 when everything ran, whether targets were met or not */
export async function runContests<N extends string, P extends NamedPeer<N>, S extends { readonly rounds: number }>(
  run: ContestRun<N, P, S>,
): Promise<number> {
  const { contests, names, size, isQuick, isJson } = run;
  const print = (text: string): void => (isJson ? undefined : console.log(text));
  const results: ContestResult[] = [];
  const failures: string[] = [];
  const peers: P[] = [];
  try {
    const wanted = names.filter((name) => contests.some((contest) => contest.peers.includes(name)));
    await openAll(wanted, run, peers);
    const meter = run.meter(peers);
    print(heading(names));
    for (const contest of contests) {
      try {
        const result = judge(contest, await measureAll(contest, peers, size, meter));
        results.push(result);
        print(resultLines(names, result));
      } catch (error) {
        failures.push(contest.name);
        console.error(`${contest.name}: failed: ${String(error)}`);
      }
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
  }
  const readable = results.map((result) => ({ ...result, readings: Object.fromEntries(result.readings) }));
  console.log(
    isJson ? JSON.stringify({ quick: isQuick, results: readable, failures }, null, 2) : summary(results, failures),
  );
  return failures.length > 0 || results.length === 0 ? 1 : 0;
}

/** `peers` gets those that were opened, also when others fail. */
async function openAll<N extends string, P extends NamedPeer<N>>(
  names: readonly N[],
  { open, opensTogether = false }: Pick<ContestRun<N, P, never>, "open" | "opensTogether">,
  peers: P[],
): Promise<void> {
  if (!opensTogether) {
    for (const name of names) peers.push(await open(name));
    return;
  }
  const results = await Promise.allSettled(names.map((name) => open(name)));
  for (const result of results) if (result.status === "fulfilled") peers.push(result.value);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function measureAll<N extends string, P extends NamedPeer<N>, S extends { readonly rounds: number }>(
  contest: Contest<N, P, S>,
  all: readonly P[],
  size: S,
  meter: Meter,
): Promise<Readings> {
  const peers = all.filter(({ name }) => contest.peers.includes(name));
  const readings = new Map<string, Reading[]>(peers.map(({ name }) => [name, []]));
  const run = async (peer: P): Promise<void> => {
    try {
      readings.get(peer.name)?.push(await contest.measure(peer, size, meter));
    } catch (error) {
      throw new Error(`${peer.name}: ${reasonOf(error)}`, { cause: error });
    }
  };
  const rounds = contest.isSingle === true ? 1 : size.rounds;
  for (let round = 0; round < rounds; round += 1) {
    if (contest.isConcurrent === true) await Promise.all(peers.map(run));
    else for (const peer of round % 2 === 0 ? peers : peers.toReversed()) await run(peer);
  }
  return readings;
}
