// One attempt: one driver client to one host, encrypted or not, with our session settings.
import pg from "pg";
import { type Encryption, tlsOptions } from "./tls.ts";
import type { HostAddress, Settings } from "./conninfo/settings.ts";
import type { DriverNotice } from "./notice.ts";
import { messageOf } from "./postgres-error.ts";
import { BulkSocket } from "./replication/bulk-socket.ts";
import { parserFor } from "./types/parsers.ts";

export interface OpenClientOptions {
  readonly settings: Settings;
  readonly address: HostAddress;
  readonly encryption: Encryption;
  readonly password: string | null;
  readonly home: string;
  readonly applicationName: string;
  readonly signal: AbortSignal | undefined;
  readonly onNotice: (notice: DriverNotice) => void;
}

export interface SessionFacts {
  readonly serverVersion: number;
  readonly isInRecovery: boolean;
  readonly isReadOnly: boolean;
}

export interface OpenedClient {
  readonly client: pg.Client;
  readonly facts: SessionFacts;
}

/**
 * Text results must not depend on the role's or the database's settings: the driver reads UTF8, we pass ISO on. Nor must it
 * depend on them what our literals, NULL in an array and pieces of XML are taken for, nor what a transaction sees behind a lock
 * that it has waited for.
 */
const PREPARE_SESSION = `
set client_encoding to 'UTF8';
set datestyle to 'ISO';
set standard_conforming_strings to on;
set array_nulls to on;
set xmloption to content;
set default_transaction_isolation to 'read committed';
select current_setting('server_version_num') as version,
    pg_catalog.pg_is_in_recovery() as recovery,
    current_setting('default_transaction_read_only') as readonly`;

/** @throws the driver's error; the caller knows what it means for the attempt. The socket is closed then. */
export async function openClient(options: OpenClientOptions): Promise<OpenedClient> {
  const client = new pg.Client(clientConfig(options));
  if (options.settings.serverOptions === null) sendNoOptions(client);
  // The driver's client is an emitter: an error without a listener would end the process.
  const ignore = (): void => undefined;
  client.on("error", ignore);
  client.on("notice", options.onNotice);
  const abort = (): void => void client.connection.stream.destroy(new Error("connecting was aborted"));
  options.signal?.addEventListener("abort", abort, { once: true });
  try {
    await client.connect();
    const facts = options.settings.replication === null ? await prepareSession(client) : await askWalsender(client);
    return { client, facts };
  } catch (error) {
    client.connection.stream.destroy();
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

/** Not even an empty value: poolers refuse the parameter. */
function sendNoOptions(client: pg.Client): void {
  const { connectionParameters } = client as { connectionParameters?: { options?: string } };
  if (connectionParameters !== undefined) connectionParameters.options = "";
}

function clientConfig({
  settings,
  address,
  encryption,
  password,
  home,
  applicationName,
}: OpenClientOptions): pg.ClientConfig {
  // The driver looks into process.env for everything that is empty, so each of its keys gets a value.
  const config = {
    host: address.hostaddr ?? address.host,
    port: address.port,
    user: settings.user,
    database: settings.database,
    password: () => {
      if (password === null) throw new Error("no password supplied");
      return password;
    },
    application_name: settings.applicationName ?? applicationName,
    options: settings.serverOptions ?? " ",
    client_encoding: "UTF8",
    ssl: encryption === "tls" ? tlsOptions(settings.tls, address, home) : false,
    sslnegotiation: encryption === "tls" && settings.tls.direct ? ("direct" as const) : ("postgres" as const),
    enableChannelBinding: encryption === "tls" && settings.tls.channelBinding !== "disable",
    keepAlive: settings.keepAlive,
    keepAliveInitialDelayMillis: settings.keepAliveIdleMs,
    connectionTimeoutMillis: settings.connectTimeoutMs ?? 0,
    types: { getTypeParser: (oid: number, format?: string) => (format === "binary" ? keepBinary : parserFor(oid)) },
  };
  if (settings.replication === null) return config;
  return Object.assign(config, { replication: settings.replication, stream: () => new BulkSocket() });
}

function keepBinary(value: unknown): unknown {
  return value;
}

async function prepareSession(client: pg.Client): Promise<SessionFacts> {
  const results: unknown = await client.query(PREPARE_SESSION);
  const row = Array.isArray(results) ? lastRow(results) : undefined;
  if (row === undefined) throw new Error(`unexpected answer of the server: ${messageOf(results)}`);
  return {
    serverVersion: Number(row["version"]),
    isInRecovery: row["recovery"] === true,
    isReadOnly: row["readonly"] === "on",
  };
}

/** A walsender knows one statement of SQL only. */
async function askWalsender(client: pg.Client): Promise<SessionFacts> {
  return {
    serverVersion: Number(await showSetting(client, "server_version_num")),
    isInRecovery: (await showSetting(client, "in_hot_standby")) === "on",
    isReadOnly: (await showSetting(client, "default_transaction_read_only")) === "on",
  };
}

async function showSetting(client: pg.Client, name: string): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(`SHOW ${name}`);
  return rows[0]?.[name];
}

function lastRow(results: readonly pg.QueryResult<Record<string, unknown>>[]): Record<string, unknown> | undefined {
  return results.at(-1)?.rows[0];
}
