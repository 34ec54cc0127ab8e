// What to do about an error of the server, by SQLSTATE. The one table; classify.ts looks into it.

/**
 * - retry: the same work on the same connection has a good chance after the delay
 * - reconnect: the connection is gone or useless; connect again after the delay, then repeat
 * - stop: repeating is pointless until an administrator has acted
 * - user: the statement or its data are wrong
 */
export type ErrorAction = "retry" | "reconnect" | "stop" | "user";

export interface Classification {
  readonly action: ErrorAction;
  /** First pause before the next try; whoever retries lets it grow. 0 where nothing is retried. */
  readonly delayMs: number;
}

const retry = (delayMs: number): Classification => ({ action: "retry", delayMs });
const reconnect = (delayMs: number): Classification => ({ action: "reconnect", delayMs });
const stop: Classification = { action: "stop", delayMs: 0 };
const user: Classification = { action: "user", delayMs: 0 };

/** Five characters: that state. Two: the whole class, unless the state has a line of its own. */
export const sqlstateTable: Readonly<Record<string, Classification>> = {
  "08": reconnect(1000), // connection exception
  "0A": stop, // feature not supported
  "22": user, // data exception
  "23": user, // integrity constraint violation
  "25006": reconnect(1000), // read_only_sql_transaction: a primary became a standby
  "25P03": reconnect(100), // idle_in_transaction_session_timeout
  "25P04": reconnect(100), // transaction_timeout
  "28": stop, // invalid authorization
  "3D": stop, // invalid catalog name
  "40": retry(50), // serialization_failure, deadlock_detected and the rest of transaction rollback
  "40002": user, // transaction_integrity_constraint_violation
  "42": user, // syntax error or access rule violation
  "42501": stop, // insufficient_privilege
  "53": retry(5000), // insufficient resources
  "53100": retry(10_000), // disk_full
  "53300": reconnect(5000), // too_many_connections
  "54": user, // program limit exceeded
  "55006": retry(1000), // object_in_use
  "55P03": retry(500), // lock_not_available
  "57014": retry(1000), // query_canceled: somebody's cancel, or statement_timeout
  "57P01": reconnect(1000), // admin_shutdown
  "57P02": reconnect(2000), // crash_shutdown
  "57P03": reconnect(1000), // cannot_connect_now: starting up or in recovery
  "57P04": stop, // database_dropped
  "57P05": reconnect(100), // idle_session_timeout
  "58": retry(10_000), // system error outside of PostgreSQL
  "58P01": stop, // undefined_file
  F0: stop, // configuration file error
  P0: user, // PL/pgSQL: raise exception and friends
  XX: stop, // internal error, data_corrupted, index_corrupted
};

/** States that this code asks for by name. */
export const sqlstate = {
  cannotConnectNow: "57P03",
  queryCanceled: "57014",
  inFailedTransaction: "25P02",
  invalidPassword: "28P01",
  invalidAuthorization: "28000",
  invalidCatalogName: "3D000",
  tooManyConnections: "53300",
  insufficientPrivilege: "42501",
  undefinedTable: "42P01",
  undefinedFunction: "42883",
  invalidSchemaName: "3F000",
} as const;

/** The classification of a state that has no line: user errors are the ones that harm least when they are not repeated. */
export const unknownState: Classification = user;
