// How much WAL an event costs that is produced in bulk.
import { eventData } from "../../pgq/queue.ts";
import { atMost, type Contest } from "../model.ts";
import { type Peer, peerNames } from "../peer.ts";

const PER_CALL = 1000;

export const walContests: readonly Contest[] = [
  {
    name: `WAL of events produced ${PER_CALL} a call`,
    figures: { bytes: "an event" },
    peers: peerNames,
    targets: [atMost("bytes", 1, "C")],
    async measure(peer, { bulkEvents }) {
      const datas = new Array<string>(PER_CALL).fill(eventData);
      await peer.reset();
      await peer.sendMany(datas); // its first pages are written in full, as after every checkpoint
      const before = await walPosition(peer);
      for (let done = 0; done < bulkEvents; done += PER_CALL) await peer.sendMany(datas);
      return { bytes: ((await walPosition(peer)) - before) / bulkEvents };
    },
  },
];

async function walPosition({ client }: Peer): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>("select pg_current_wal_insert_lsn() - '0/0' as bytes");
  return Number(rows[0]!.bytes);
}
