// Says why a connection could not be made, and what to do about it.
import pg from "pg";
import { describeHost, type HostAddress, type Settings } from "./conninfo/settings.ts";
import { messageOf, PostgresError, serverDetails } from "./postgres-error.ts";
import { sqlstate } from "./sqlstates.ts";
import type { Encryption } from "./tls.ts";

/** CONNECTION_FAILED for one attempt. */
export function connectError(
  error: unknown,
  settings: Settings,
  address: HostAddress,
  encryption: Encryption,
): PostgresError {
  const target = `${describeHost(address)}, database "${settings.database}", user "${settings.user}"`;
  const way = encryption === "tls" ? ", encrypted" : "";
  return new PostgresError("CONNECTION_FAILED", `connection to ${target}${way} failed: ${messageOf(error)}`, {
    details: serverDetails(error),
    hint: hintFor(error),
    cause: error,
  });
}

const bySqlstate: Readonly<Record<string, string>> = {
  [sqlstate.invalidPassword]: "check user and password: in the string, PGPASSWORD or the password file",
  [sqlstate.invalidAuthorization]:
    "the server's pg_hba.conf has no entry that lets this user in, or the role cannot log in",
  [sqlstate.invalidCatalogName]: "check the database name (dbname=, the part after / in a URI, PGDATABASE)",
  [sqlstate.tooManyConnections]: "raise max_connections, or end unused sessions",
  [sqlstate.cannotConnectNow]: "the server is starting, stopping or recovering: try again in a moment",
};

const byErrno: Readonly<Record<string, string>> = {
  ECONNREFUSED: "is the server running there, and does it listen on that port (listen_addresses, port)?",
  ENOENT: "is the server running, and is this its unix_socket_directories?",
  ENOTFOUND: "check the host name",
  EAI_AGAIN: "the name service does not answer",
  ETIMEDOUT: "check the address and the firewall between here and the server",
  EHOSTUNREACH: "check the address and the network",
  ENETUNREACH: "check the address and the network",
  EACCES: "the socket may not be opened by this user",
  DEPTH_ZERO_SELF_SIGNED_CERT: "put the server's certificate, or its authority's, into the file that sslrootcert names",
  SELF_SIGNED_CERT_IN_CHAIN: "put the authority's certificate into the file that sslrootcert names",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "put the authority's certificate into the file that sslrootcert names",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "put the authority's certificate into the file that sslrootcert names",
  CERT_HAS_EXPIRED: "renew the server's certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "connect by a name that is in the server's certificate, or use sslmode=verify-ca",
};

const byText: readonly (readonly [RegExp, string])[] = [
  [
    /no password supplied|client password must be a string/,
    "give a password: in the string, PGPASSWORD or the password file",
  ],
  [/does not support SSL/, "turn ssl on in the server, or use sslmode=prefer or disable"],
  [/timeout expired/, "nobody answered within connect_timeout: check the address and the firewall"],
];

/** Their SQLSTATE is that of something else. */
const forReplication: readonly (readonly [RegExp, string])[] = [
  [/max_wal_senders/, "raise max_wal_senders; wal_level must be replica or logical then, which needs a restart"],
  [/wal ?sender/i, "give the role the attribute REPLICATION: alter role … replication"],
];

function hintFor(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) {
    const ofReplication = forReplication.find(([pattern]) => pattern.test(error.message))?.[1];
    return error.hint ?? ofReplication ?? bySqlstate[error.code ?? ""];
  }
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (
    first instanceof Error &&
    "code" in first &&
    typeof first.code === "string" &&
    byErrno[first.code] !== undefined
  ) {
    return byErrno[first.code];
  }
  const text = messageOf(error);
  return byText.find(([pattern]) => pattern.test(text))?.[1];
}
