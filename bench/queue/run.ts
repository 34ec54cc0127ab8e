// Runs the contests of all peers on one server and prints them beside each other.
import { chooseContests } from "../harness/choose-contests.ts";
import { createMeter } from "../harness/meter.ts";
import { runContests } from "../harness/run-contests.ts";
import { queueContests } from "./contests/index.ts";
import { sizes } from "./model.ts";
import { peerNames } from "./peer.ts";
import { openPeer } from "./peers/index.ts";
import { startQueueServer } from "./server.ts";

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
  const contests = chooseContests(queueContests, part).filter(
    ({ isOptional }) => isOptional !== true || all || part !== "",
  );
  const server = await startQueueServer();
  try {
    return await runContests({
      contests,
      names: peerNames,
      open: (name) => openPeer[name](server),
      size: quick ? sizes.quick : sizes.full,
      isQuick: quick,
      isJson: json,
      meter: () => createMeter(() => server.cpuSeconds()),
    });
  } finally {
    await server.stop();
  }
}
