// What `import … from "skytools/walmgr"` gives: backups, WAL and restores inside of a program of one's own.

// repositories
export { openRepository, StoreRepository } from "./repository/index.ts";
export type {
  ClusterFacts,
  LayoutName,
  Lease,
  PartialSegment,
  Repository,
  RepositoryIdentity,
  RepositoryOptions,
  StoredSegment,
  WalArchive,
  WalGap,
} from "./repository/index.ts";

// stores
export { DirectoryStore, openStore, S3Store, SftpStore } from "./store/index.ts";
export type {
  DirectoryStoreOptions,
  GetOptions,
  PutOptions,
  S3Options,
  SftpOptions,
  Store,
  StoreBody,
  StoredObject,
  StoreFeatures,
  StoreOptions,
} from "./store/index.ts";

// connections
export { connect, connectReplication } from "../postgres/index.ts";
export type { Connection, ReplicationConnection } from "../postgres/index.ts";

// receiving WAL
export { Receiver } from "./receive/index.ts";
export type { OpenReplication, ReceiverOptions, ReceiverState } from "./receive/index.ts";
export { layouts } from "./repository/index.ts";
export type { Layout } from "./repository/index.ts";

// backups
export { listBackups, readBackup, takeBackup } from "./backup/index.ts";
export type {
  BackupDescription,
  BackupFormat,
  BackupObject,
  BackupProgress,
  BackupRequest,
  BackupResult,
  BackupState,
  BackupType,
  DoneBackup,
} from "./backup/index.ts";

// one full backup of a chain
export { combineBackup, planCombine } from "./combine/index.ts";
export type { CombinePlan, CombineRequest, CombineResult } from "./combine/index.ts";

// compression and encryption
export { MainKey, parseMainKey } from "./codec/index.ts";
export type { Coding, CompressionMethod } from "./codec/index.ts";

// restore
export { restore, runServer } from "./restore/index.ts";
export type {
  ExistingData,
  RecoveryTarget,
  RestoreProgress,
  RestoreRequest,
  RestoreResult,
  RunningServer,
  RunServerOptions,
  TargetAction,
} from "./restore/index.ts";

// archive_command and restore_command
export {
  exitCodes,
  fetchScript,
  getPatiently,
  Prefetch,
  pushFile,
  startArchiveServer,
  WalFetcher,
} from "./archive/index.ts";
export type {
  ArchiveServer,
  FetcherOptions,
  GetRequest,
  PatienceOptions,
  PrefetchOptions,
  PushResult,
  ServeOptions,
} from "./archive/index.ts";

// retention
export { expire, pinBackup, readPins, unpinBackup } from "./retention/index.ts";
export type { ExpireOptions, ExpireResult, Pin, RetentionRules, Verdict } from "./retention/index.ts";

// verification and state
export { restoreTest, verify } from "./verify/index.ts";
export type {
  Finding,
  RestoreTestOptions,
  RestoreTestResult,
  VerifyLevel,
  VerifyOptions,
  VerifyResult,
} from "./verify/index.ts";
export { check, worstOf } from "./check/index.ts";
export type { CheckLine, CheckOptions, CheckStatus } from "./check/index.ts";
export { repositoryInfo } from "./info/index.ts";
export type { RepositoryInfo, TimelineInfo } from "./info/index.ts";

// positions in WAL
export { formatLsn, parseLsn, parseSegmentName, segmentName, segmentOf, segmentStart } from "./formats/index.ts";
export type { Lsn, Segment } from "./formats/index.ts";

// clock, logger and errors
export { systemClock } from "../clock/index.ts";
export type { Clock, MonotonicClock } from "../clock/index.ts";
export { silentLogger } from "../service/index.ts";
export type { Logger } from "../service/index.ts";
export { SkytoolsError } from "../errors/index.ts";
export type { ErrorCode } from "../errors/index.ts";
