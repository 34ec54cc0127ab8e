// The complete settings of a connection: string, service, environment and defaults put together. Pure: what comes
// from files is handed in by sources.ts.
import { randomInt } from "node:crypto";
import { type Conninfo, connectionStringError } from "./conninfo.ts";
import { type Keyword, keywordTable } from "./keywords.ts";

export const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof sslModes)[number];

export const sessionAttributes = ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"] as const;
export type TargetSessionAttrs = (typeof sessionAttributes)[number];

export interface HostAddress {
  /** Name, address, or folder of a unix socket (begins with "/"). Checked against the certificate and the passfile. */
  readonly host: string;
  /** Where to connect to when it is not `host`. */
  readonly hostaddr: string | null;
  readonly port: number;
}

export interface Settings {
  readonly hosts: readonly HostAddress[];
  readonly user: string;
  readonly database: string;
  /** Not enumerable. null: not given, look into the passfile. */
  readonly password: string | null;
  readonly applicationName: string | null;
  readonly serverOptions: string | null;
  /** null: wait without limit. For each host. */
  readonly connectTimeoutMs: number | null;
  readonly targetSessionAttrs: TargetSessionAttrs;
  readonly keepAlive: boolean;
  readonly keepAliveIdleMs: number;
  readonly replication: string | null;
  readonly tls: TlsSettings;
}

export interface TlsSettings {
  readonly mode: SslMode;
  readonly direct: boolean;
  /** Path, "system", or null for the default file. */
  readonly rootCert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** Not enumerable. */
  readonly keyPassword: string | null;
  readonly crl: string | null;
  readonly sendCert: "disable" | "allow" | "require";
  readonly minVersion: string | null;
  readonly maxVersion: string | null;
  readonly channelBinding: "disable" | "prefer" | "require";
}

export interface Surroundings {
  /** Name of the operating system's user, for when no user is given. */
  readonly osUser: string;
  /** Host to use when none is given: folder of the local socket, or localhost. */
  readonly defaultHost: (port: number) => string;
}

/** @throws CONNECTION_STRING on a value that its keyword does not take */
export function makeSettings(conninfo: Conninfo, { osUser, defaultHost }: Surroundings): Settings {
  const text = (name: Keyword): string | null => {
    const value = conninfo[name] ?? "";
    return value === "" ? (keywordTable[name].default ?? null) : value;
  };
  const user = text("user") ?? osUser;
  const settings = {
    hosts: makeHosts(conninfo, text("load_balance_hosts") ?? "disable", defaultHost),
    user,
    database: text("dbname") ?? user,
    applicationName: text("application_name") ?? text("fallback_application_name"),
    serverOptions: text("options"),
    connectTimeoutMs: timeoutMs(text("connect_timeout")),
    targetSessionAttrs: oneOf("target_session_attrs", text("target_session_attrs") ?? "any", sessionAttributes),
    keepAlive: integer("keepalives", text("keepalives") ?? "1") !== 0,
    keepAliveIdleMs: integer("keepalives_idle", text("keepalives_idle") ?? "0") * 1000,
    replication: text("replication"),
    tls: makeTls(text),
  };
  refuseUnsupported(text);
  return withHidden(settings, { password: text("password") });
}

/** Adds properties that are neither printed nor serialised. */
function withHidden<T extends object, H extends object>(object: T, hidden: H): T & H {
  const all = { ...object, ...hidden };
  for (const name of Object.keys(hidden)) Object.defineProperty(all, name, { enumerable: false });
  return all;
}

function makeHosts(conninfo: Conninfo, balance: string, defaultHost: (port: number) => string): HostAddress[] {
  const hosts = list(conninfo.host);
  const addresses = list(conninfo.hostaddr);
  const ports = list(conninfo.port);
  const count = Math.max(hosts.length, addresses.length, 1);
  if (addresses.length > 0 && hosts.length > 0 && addresses.length !== hosts.length) {
    throw connectionStringError(`${hosts.length} host names do not fit ${addresses.length} hostaddr values`);
  }
  if (ports.length > 1 && ports.length !== count) {
    throw connectionStringError(`${ports.length} port numbers do not fit ${count} hosts`);
  }
  const all = Array.from({ length: count }, (_, i): HostAddress => {
    const port = portNumber((ports.length === 1 ? ports[0] : ports[i]) ?? "");
    const hostaddr = addresses[i] === undefined || addresses[i] === "" ? null : addresses[i];
    const host = hosts[i] === undefined || hosts[i] === "" ? (hostaddr ?? defaultHost(port)) : hosts[i];
    return { host, hostaddr, port };
  });
  return oneOf("load_balance_hosts", balance, ["disable", "random"]) === "random" ? shuffled(all) : all;
}

function makeTls(text: (name: Keyword) => string | null): TlsSettings {
  const rootCert = text("sslrootcert");
  const mode = oneOf("sslmode", text("sslmode") ?? (rootCert === "system" ? "verify-full" : "prefer"), sslModes);
  if (rootCert === "system" && mode !== "verify-full") {
    throw connectionStringError(
      `weak sslmode "${mode}" may not be used with sslrootcert=system`,
      "use sslmode=verify-full",
    );
  }
  const direct = oneOf("sslnegotiation", text("sslnegotiation") ?? "postgres", ["postgres", "direct"]) === "direct";
  if (direct && !mode.startsWith("verify") && mode !== "require") {
    throw connectionStringError(
      `weak sslmode "${mode}" may not be used with sslnegotiation=direct`,
      "use require, verify-ca or verify-full",
    );
  }
  const tls = {
    mode,
    direct,
    rootCert,
    cert: text("sslcert"),
    key: text("sslkey"),
    crl: text("sslcrl"),
    sendCert: oneOf("sslcertmode", text("sslcertmode") ?? "allow", ["disable", "allow", "require"]),
    minVersion: tlsVersion("ssl_min_protocol_version", text("ssl_min_protocol_version")),
    maxVersion: tlsVersion("ssl_max_protocol_version", text("ssl_max_protocol_version")),
    channelBinding: oneOf("channel_binding", text("channel_binding") ?? "prefer", ["disable", "prefer", "require"]),
  };
  return withHidden(tls, { keyPassword: text("sslpassword") });
}

/** What would weaken a check that the user asked for is refused instead of passed over. */
function refuseUnsupported(text: (name: Keyword) => string | null): void {
  for (const name of ["require_auth", "requirepeer", "sslcrldir"] as const) {
    if (text(name) !== null) throw connectionStringError(`${name} is not supported`, `leave ${name} out`);
  }
  if (text("channel_binding") === "require") {
    throw connectionStringError("channel_binding=require is not supported", "use sslmode=verify-full");
  }
  if (text("gssencmode") === "require") throw connectionStringError("gssencmode=require is not supported");
}

function oneOf<const T extends string>(name: Keyword, value: string, allowed: readonly T[]): T {
  const found = allowed.find((a) => a === value);
  if (found === undefined) throw connectionStringError(`invalid ${name} "${value}"`, `one of ${allowed.join(", ")}`);
  return found;
}

function integer(name: Keyword, value: string): number {
  if (!/^\s*[+-]?\d{1,10}\s*$/.test(value)) throw connectionStringError(`invalid number "${value}" for ${name}`);
  return Number(value);
}

function portNumber(value: string): number {
  const port = integer("port", value === "" ? "5432" : value);
  if (port < 1 || port > 65_535) throw connectionStringError(`invalid port number "${value}"`, "1 to 65535");
  return port;
}

/** Source: libpq: zero, negative or absent means no limit, and one second counts as two. */
function timeoutMs(value: string | null): number | null {
  const seconds = value === null ? 0 : integer("connect_timeout", value);
  return seconds <= 0 ? null : Math.max(2, seconds) * 1000;
}

function tlsVersion(name: Keyword, value: string | null): string | null {
  return value === null ? null : oneOf(name, value, ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]);
}

function list(value: string | undefined): string[] {
  return value === undefined || value === "" ? [] : value.split(",").map((part) => part.trim());
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: randomInt(2 ** 32) }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** For callers that want to name the target in a message: no secret in it. */
export function describeHost({ host, hostaddr, port }: HostAddress): string {
  const address = hostaddr === null || hostaddr === host ? "" : ` (${hostaddr})`;
  if (host.startsWith("/")) return `socket ${host}/.s.PGSQL.${port}`;
  return `${host.includes(":") ? `[${host}]` : host}${address}:${port}`;
}
