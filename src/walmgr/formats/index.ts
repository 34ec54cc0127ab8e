export { formatLsn, fromServerTime, parseLsn, type Lsn } from "./lsn.ts";
export {
  DEFAULT_SEGMENT_BYTES,
  historyName,
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
export { forkOf, formatHistory, parseHistory, timelineAt, type HistoryEntry } from "./history.ts";
export {
  checkSegmentHeader,
  LONG_HEADER_BYTES,
  parseWalPageHeader,
  walMagic,
  type ExpectedWal,
  type WalPageHeader,
} from "./wal-page.ts";
