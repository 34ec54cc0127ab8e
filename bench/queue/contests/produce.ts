// Producing: one event a transaction, a thousand a call, and by COPY.
import { eventData } from "../../pgq/queue.ts";
import { atLeast, type Contest, rateFigures } from "../model.ts";
import { peerNames } from "../peer.ts";

const PER_CALL = 1000;
const PER_COPY = 50_000;

export const produceContests: readonly Contest[] = [
  {
    name: "produce, one event a transaction",
    figures: rateFigures,
    peers: peerNames,
    targets: [atLeast("rate", 1, "C")],
    async measure(peer, { transactions }, meter) {
      await peer.reset();
      // a program that produces one by one runs for long: what its first calls cost is not the question
      for (let n = 0; n < 2 * transactions; n += 1) await peer.send(eventData);
      return meter.time(async () => {
        for (let n = 0; n < transactions; n += 1) await peer.send(eventData);
        return transactions;
      });
    },
  },
  {
    name: `produce, ${PER_CALL} events a call and transaction`,
    figures: rateFigures,
    peers: peerNames,
    targets: [atLeast("rate", 2, "C")],
    async measure(peer, { bulkEvents }, meter) {
      const datas = new Array<string>(PER_CALL).fill(eventData);
      await peer.reset();
      return meter.time(async () => {
        for (let done = 0; done < bulkEvents; done += PER_CALL) await peer.sendMany(datas);
        return bulkEvents;
      });
    },
  },
  {
    name: "produce by COPY",
    figures: rateFigures,
    peers: ["ours", "C"],
    targets: [],
    async measure(peer, { bulkEvents }, meter) {
      const datas = new Array<string>(Math.min(PER_COPY, bulkEvents)).fill(eventData);
      await peer.reset();
      return meter.time(async () => {
        for (let done = 0; done < bulkEvents; done += datas.length) await peer.copy!(datas);
        return bulkEvents;
      });
    },
  },
];
