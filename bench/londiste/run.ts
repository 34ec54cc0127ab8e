// npm run bench -- londiste: replication of tables beside the old Londiste and PostgreSQL's own.
import { chooseContests } from "../harness/choose-contests.ts";
import { createMeter } from "../harness/meter.ts";
import { endedChildrenCpuSeconds } from "../harness/process-cpu.ts";
import { runContests } from "../harness/run-contests.ts";
import { londisteContests } from "./contests/index.ts";
import { sizes } from "./model.ts";
import { type OpenPeer, type PeerName, peerNames } from "./peer.ts";
import { openOld, openOurs } from "./peers/londiste.ts";
import { openLogical } from "./peers/logical.ts";

const open: Readonly<Record<PeerName, OpenPeer>> = { ours: openOurs, old: openOld, logical: openLogical };

interface LondisteBenchOptions {
  /** Part of the names of the contests to run. */
  readonly part: string;
  readonly quick: boolean;
  readonly json: boolean;
}

/** @returns exit status: 0 when everything ran, whether targets were met or not */
export async function runLondisteBench({ part, quick, json }: LondisteBenchOptions): Promise<number> {
  const size = quick ? sizes.quick : sizes.full;
  return await runContests({
    contests: chooseContests(londisteContests, part),
    names: peerNames,
    open: (name) => open[name](size.patienceSeconds),
    opensTogether: true,
    size,
    isQuick: quick,
    isJson: json,
    // What the commands used counts too: they have ended when it is asked for.
    meter: (peers) =>
      createMeter(() => peers.reduce((sum, peer) => sum + peer.cpuSeconds(), endedChildrenCpuSeconds("self"))),
  });
}
