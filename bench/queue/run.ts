// Runs the contests of all peers on one server and prints them beside each other.
import { queueContests } from "./contests/index.ts";
import { createMeter, type Meter } from "./meter.ts";
import { type Contest, type Reading, type Size, sizes } from "./model.ts";
import { type Peer, type PeerName, peerNames } from "./peer.ts";
import { openPeer } from "./peers/index.ts";
import { startQueueServer } from "./server.ts";
import { type ContestResult, heading, judge, type Readings, resultLines, summary } from "./table.ts";

export interface QueueBenchOptions {
  /** Part of the names of the contests to run. */
  readonly part: string;
  readonly quick: boolean;
  readonly json: boolean;
  /** The optional contests too. */
  readonly all: boolean;
}

/** @returns exit status: 0 when everything ran, whether targets were met or not */
export async function runQueueBench({ part, quick, json, all }: QueueBenchOptions): Promise<number> {
  const size: Size = quick ? sizes.quick : sizes.full;
  const print = (text: string): void => (json ? undefined : console.log(text));
  const contests = queueContests.filter(
    ({ name, isOptional }) => name.includes(part) && (isOptional !== true || all || part !== ""),
  );
  const results: ContestResult[] = [];
  const failures: string[] = [];

  const server = await startQueueServer();
  const meter = createMeter(() => server.cpuSeconds());
  const peers: Peer[] = [];
  try {
    const wanted = peerNames.filter((name) => contests.some((contest) => contest.peers.includes(name)));
    for (const name of wanted) peers.push(await openPeer[name](server));
    print(heading());
    for (const contest of contests) {
      try {
        const result = judge(contest, await measureAll(contest, peers, size, meter));
        results.push(result);
        print(resultLines(result));
      } catch (error) {
        failures.push(contest.name);
        console.error(`${contest.name}: failed: ${String(error)}`);
      }
    }
  } finally {
    await Promise.all(peers.map((peer) => peer.close()));
    await server.stop();
  }

  console.log(json ? JSON.stringify({ quick, results, failures }, null, 2) : summary(results, failures));
  return failures.length > 0 || results.length === 0 ? 1 : 0;
}

async function measureAll(contest: Contest, all: readonly Peer[], size: Size, meter: Meter): Promise<Readings> {
  const peers = all.filter(({ name }) => contest.peers.includes(name));
  const readings: Record<PeerName, Reading[]> = { ours: [], C: [], "pg-boss": [], graphile: [] };
  const run = async (peer: Peer): Promise<void> => {
    try {
      readings[peer.name].push(await contest.measure(peer, size, meter));
    } catch (error) {
      throw new Error(`${peer.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  };
  const rounds = contest.isSingle === true ? 1 : size.rounds;
  for (let round = 0; round < rounds; round += 1) {
    if (contest.isConcurrent === true) await Promise.all(peers.map(run));
    else for (const peer of round % 2 === 0 ? peers : peers.toReversed()) await run(peer);
  }
  return readings;
}
