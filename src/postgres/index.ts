export { classify } from "./classify.ts";
export { copyBetween, type CopiedRows, type CopyBetweenOptions } from "./copy-between.ts";
export { connect, DEFAULT_SILENCE_LIMIT_MS, type Config, type ConnectOptions } from "./connect.ts";
export { Connection, type ConnectionFacts, type Notification } from "./connection.ts";
export { conninfoPairs, mergeConninfo, type Conninfo } from "./conninfo/conninfo.ts";
export { parseConninfo } from "./conninfo/parse.ts";
export { withoutSecrets } from "./conninfo/without-secrets.ts";
export { resolveSettings, type Environment } from "./conninfo/sources.ts";
export type { CopySource } from "./copy-streams.ts";
export type { Log } from "./log.ts";
export type { Notice } from "./notice.ts";
export type { PipelineStatement } from "./pipeline.ts";
export { PostgresError, type PostgresErrorDetails } from "./postgres-error.ts";
export type { Queryable, Row, StatementOptions, StatementResult } from "./queryable.ts";
export { hashtext } from "./hashtext.ts";
export { compareNatural } from "./natural-order.ts";
export { quoteFqname, quoteIdent, quoteLiteral, splitFqname, unquoteFqname, unquoteIdent } from "./quoting.ts";
export {
  copyScript,
  deleteSql,
  insertScript,
  insertSql,
  updateSql,
  type ColumnMap,
  type RowPairs,
  type RowValue,
} from "./row-sql.ts";
export { snapshotContains, snapshotCovers, snapshotTest } from "./snapshot.ts";
export { splitStatements, tokenizeSql, type SqlToken, type SqlTokenKind, type TokenizeOptions } from "./sql-tokens.ts";
export { formatKeywordPairs, parseKeywordPairs } from "./conninfo/parse-keywords.ts";
export { sqlstate, sqlstateTable, type Classification, type ErrorAction } from "./sqlstates.ts";
export type {
  FramedEnd,
  FramedResults,
  FramedTransaction,
  RowedTransaction,
  TransactionOptions,
} from "./transaction.ts";
export { formatArray, parseArray, type ArrayOf } from "./types/array.ts";
export { inPieces } from "./in-pieces.ts";
export { copyField, copyRow, copyRows, parseCopyField, type CopyValue } from "./copy-text.ts";
export {
  connectReplication,
  formatLsn,
  FrameParser,
  parseLsn,
  ReplicationConnection,
  WalStream,
  type CommandEvent,
  type CommandResult,
  type FrameSink,
  type ReplicationSlot,
  type SlotOptions,
  type StandbyStatus,
  type SystemIdentity,
  type TextRow,
  type TimelineEnd,
  type TimelineHistory,
  type WalKeepalive,
  type WalPiece,
  type WalStreamOptions,
} from "./replication/index.ts";
