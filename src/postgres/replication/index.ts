export { connectReplication, ReplicationConnection } from "./replication-connection.ts";
export { WalStream } from "./wal-stream.ts";
export { formatLsn, parseLsn } from "./lsn-text.ts";
export { FrameParser, type FrameSink } from "./frame-parser.ts";
export type {
  CommandEvent,
  CommandResult,
  ReplicationSlot,
  SlotOptions,
  StandbyStatus,
  SystemIdentity,
  TextRow,
  TimelineEnd,
  TimelineHistory,
  WalKeepalive,
  WalPiece,
  WalStreamOptions,
} from "./types.ts";
