// WAL as far as it is only read, and a view of what two places have together.
import type { WalArchive } from "../repository/index.ts";

export type ReadableWal = Pick<
  WalArchive,
  "segments" | "index" | "getSegment" | "histories" | "history" | "partials" | "getPartial"
>;

/**
 * The WAL of a repository, and the segments that the receiver on this computer has begun: nobody else has those unless
 * walmgr_data is the repository, and archive-get serves them to a server that recovers here.
 */
export function withBegun(wal: ReadableWal, receiver: ReadableWal): ReadableWal {
  return {
    segments: (timeline) => wal.segments(timeline),
    index: (name) => wal.index(name),
    getSegment: (name) => wal.getSegment(name),
    async histories() {
      const both = [...(await wal.histories()), ...(await receiver.histories())];
      return [...new Set(both)].sort((a, b) => a - b);
    },
    history: async (timeline) => (await wal.history(timeline)) ?? (await receiver.history(timeline)),
    async partials() {
      const begun = await receiver.partials();
      const others = await wal.partials();
      return [...begun, ...others.filter(({ name }) => begun.every((one) => one.name !== name))];
    },
    async getPartial(name) {
      const isBegun = (await receiver.partials()).some((one) => one.name === name);
      return await (isBegun ? receiver : wal).getPartial(name);
    },
  };
}
