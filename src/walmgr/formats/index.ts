export { formatLsn, formatMoment, fromServerTime, type Lsn, parseLsn, parseMoment } from "./lsn.ts";
export {
  DEFAULT_SEGMENT_BYTES,
  historyName,
  isSegmentName,
  isSegmentSize,
  parseSegmentName,
  parseWalFileName,
  segmentBefore,
  segmentName,
  segmentOf,
  segmentStart,
  type Segment,
  type WalFileName,
} from "./segment.ts";
export { checkHistory, forkOf, formatHistory, parseHistory, timelineAt, type HistoryEntry } from "./history.ts";
export {
  type Commit,
  type CutRecord,
  isOfInterest,
  type RestorePoint,
  type WalFindings,
  WalWalker,
  type WalWalkerOptions,
} from "./wal-records.ts";
export {
  checkSegmentHeader,
  LONG_HEADER_BYTES,
  parseWalPageHeader,
  walMagic,
  type ExpectedWal,
  type WalPageHeader,
} from "./wal-page.ts";
export { type BackupLabel, parseBackupLabel, withoutIncremental } from "./backup-label.ts";
export {
  BLOCK_BYTES,
  type IncrementalHeader,
  incrementalHeaderBytes,
  incrementalTarget,
  parseIncrementalHeader,
  resultBlocks,
} from "./incremental-file.ts";
export {
  checksumsOf,
  formatManifest,
  isInWalFolder,
  type Manifest,
  type ManifestFile,
  parseManifest,
  type WalRange,
} from "./manifest.ts";
export { isOutsideManifest, ManifestCheck } from "./manifest-check.ts";
export { firstBlockOf, isPageSound, PAGE_BYTES, pageChecksum } from "./page-checksum.ts";
export { type ControlData, type ControlState, parseControl } from "./pg-control.ts";
export { formatTablespaceMap, parseTablespaceMap, type Tablespace } from "./tablespace-map.ts";
export {
  checkMemberName,
  makeTarHeader,
  parseTarHeader,
  TAR_BLOCK,
  type TarKind,
  type TarMember,
  tarPadding,
} from "./tar-header.ts";
export { type TarEvent, TarReader } from "./tar-reader.ts";
export { makeTar, tarEnd, type TarInput } from "./tar-writer.ts";
