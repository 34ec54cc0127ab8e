export type {
  ClusterFacts,
  Lease,
  PartialSegment,
  Repository,
  RepositoryIdentity,
  SegmentRecord,
  StoredSegment,
  WalArchive,
  WalGap,
} from "./types.ts";
