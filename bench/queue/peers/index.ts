import type { OpenPeer, PeerName } from "../peer.ts";
import { openC } from "./c-pgq.ts";
import { openGraphile } from "./graphile.ts";
import { openOurs } from "./ours.ts";
import { openPgBoss } from "./pg-boss.ts";

export const openPeer: Readonly<Record<PeerName, OpenPeer>> = {
  ours: openOurs,
  C: openC,
  "pg-boss": openPgBoss,
  graphile: openGraphile,
};
