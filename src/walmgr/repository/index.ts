export type {
  ClusterFacts,
  Lease,
  OtherWalFile,
  PartialSegment,
  Repository,
  RepositoryIdentity,
  SegmentRecord,
  StoredSegment,
  WalArchive,
  WalGap,
} from "./types.ts";
export { putBegun, walkBegun } from "./begun-segment.ts";
export { TWICE_PROMOTED } from "./other-files.ts";
export { type HeldLeases, withLeases } from "./with-leases.ts";
export { openRepository, StoreRepository, type RepositoryOptions } from "./repository.ts";
export { joinCut, type SegmentIndex } from "./segment-index.ts";
export { checkedSegment } from "./segment-check.ts";
export { StoreWalArchive } from "./wal-archive.ts";
export { layouts, type Layout, type LayoutName, partialStateOf } from "./layout.ts";
export { formatPartialState, type PartialState } from "./partials.ts";
export { digesting, digestOf, newDigest, type Digest } from "./digest.ts";
