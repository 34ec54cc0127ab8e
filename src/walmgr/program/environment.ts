// What the commands of one run share: repositories, keys, connections, as the configuration says.
import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import type { OptionValues, Service, ServiceValues } from "../../service/index.ts";
import { expandHome } from "../../service/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import {
  type Config,
  connect,
  connectReplication,
  type Connection,
  conninfoPairs,
  type Environment,
  formatKeywordPairs,
  mergeConninfo,
  parseConninfo,
  type ReplicationConnection,
  resolveSettings,
} from "../../postgres/index.ts";
import type { Coding, MainKey } from "../codec/index.ts";
import { type Layout, layouts, openRepository, type StoreRepository } from "../repository/index.ts";
import { DirectoryStore, openStore, SftpStore } from "../store/index.ts";
import { requireMounted } from "../site/index.ts";
import type { walmgrKeys } from "./keys.ts";
import { readMainKeys } from "./main-keys.ts";

export type WalmgrValues = OptionValues<typeof walmgrKeys> & ServiceValues;
export type WalmgrService = Service<WalmgrValues>;

export interface WalmgrEnvironment extends AsyncDisposable {
  readonly options: WalmgrValues;
  /** walmgr_data: always a local directory. */
  readonly local: StoreRepository;
  readonly localStore: DirectoryStore;
  readonly layout: Layout;
  readonly coding: Coding;
  readonly keys: readonly MainKey[];
  /** At least one; the first is preferred for reading. */
  readonly repositories: readonly StoreRepository[];
  /** The repository of walmgr_data, where it is another one and has WAL of the same cluster; null: it tells nothing more. */
  receiverFor(repository: StoreRepository): Promise<StoreRepository | null>;
  /** To the primary, the first host that is one. */
  connectReplication(signal?: AbortSignal): Promise<ReplicationConnection>;
  /** To each of the hosts by itself, as far as it is of the wanted kind. */
  replicationHosts(): readonly ((signal: AbortSignal) => Promise<ReplicationConnection>)[];
  /** SQL on the primary. */
  connectPrimary(signal?: AbortSignal): Promise<Connection>;
  /** SQL on each host that may be the primary, whatever it is now; none where no primary is configured. */
  primaryHosts(signal: AbortSignal): readonly (() => Promise<Connection>)[];
  /** SQL on the standby: slave_db, or where the files in slave_data say that it listens. */
  connectStandby(signal?: AbortSignal): Promise<Connection>;
  /** SQL on the server of a data directory on this computer. */
  connectServerOf(dataDirectory: string, signal?: AbortSignal): Promise<Connection>;
  /** Other servers that may have WAL. */
  readonly sources: readonly ((signal: AbortSignal) => Promise<ReplicationConnection>)[];
  /** application_name of the receiver. */
  readonly receiverName: string;
  /** Null: none. */
  readonly slot: string | null;
  readonly socketPath: string;
}

/** Opens nothing but what is local. @throws ENCRYPTION_KEY, WRONG_USE, STORE_FAILED */
export async function openEnvironment(service: WalmgrService): Promise<WalmgrEnvironment> {
  const { options, env, clock, jobName } = service;
  const layout = layouts[options.layout as keyof typeof layouts];
  const keys = await readMainKeys(options, service.signal);
  const key = keys[0] ?? null;
  const coding: Coding = { compression: options.walCompression as Coding["compression"], key };
  const localPath = resolve(expandHome(options.walmgrData));
  const repository = (address: string): StoreRepository =>
    openRepository({ store: openStore(address, storeOptions(service)), clock, layout: layout.name, coding, keys });
  const localStore = new DirectoryStore(localPath, { mustExist: true });
  const local = openRepository({ store: localStore, clock, layout: layout.name, coding, keys });
  const addresses = repositoryAddresses(options, localPath);
  await requireMounted([localPath, ...addresses]);
  const repositories = addresses.map((address) => (address === localPath ? local : repository(address)));
  const receiverName = options.receiverName ?? "walmgr_archive";
  const open = (target: string | Config, signal?: AbortSignal): Promise<ReplicationConnection> =>
    connectReplication(patient(target, env), { env, log: service.log, applicationName: receiverName, signal });
  const sql = (target: string | Config, signal?: AbortSignal): Promise<Connection> =>
    connect(target, { env, log: service.log, applicationName: jobName, signal });
  return {
    options,
    local,
    localStore,
    layout,
    coding,
    keys,
    repositories,
    receiverName,
    slot: slotName(options.slot, jobName),
    async receiverFor(one) {
      const here = one === local ? null : await local.identity().catch(() => null);
      return here !== null && here.systemId === (await one.identity())?.systemId ? local : null;
    },
    socketPath: options.socket ?? join(localPath, "serve.sock"),
    sources: otherSources(options).map((target) => (signal: AbortSignal) => open(target, signal)),
    connectReplication: (signal) => open(streamTarget(options), signal),
    replicationHosts: () => hostsOf(streamTarget(options), env).map((host) => (signal) => open(host, signal)),
    connectPrimary: (signal) => sql(primaryTarget(options, env), signal),
    primaryHosts: (signal) => {
      if (options.masterDb === null && options.primaryConninfo === null) return [];
      const hosts = hostsOf(patient(primaryTarget(options, env), env), env);
      return hosts.map((host) => () => sql(mergeConninfo({ target_session_attrs: "any" }, host), signal));
    },
    connectStandby: async (signal) => await sql(await standbyTarget(options), signal),
    async connectServerOf(dataDirectory, signal) {
      const isStandby = options.slaveData !== null && resolve(options.slaveData) === dataDirectory;
      const slaveDb = isStandby ? options.slaveDb : null;
      return await sql(await standbyTarget({ ...options, slaveDb, slaveData: dataDirectory }), signal);
    },
    async [Symbol.asyncDispose]() {
      for (const one of new Set([local, ...repositories])) await one.close();
    },
  };
}

/** walmgr_data and the directories of repositories: a first use. Other commands take a missing one for a lost disk. */
export async function makeDirectories({
  localStore,
  repositories,
}: Pick<WalmgrEnvironment, "localStore" | "repositories">): Promise<void> {
  await localStore.make();
  for (const { store } of repositories) {
    if (store instanceof DirectoryStore || store instanceof SftpStore) await store.make();
  }
}

function storeOptions({ options, env, log, signal }: WalmgrService): Parameters<typeof openStore>[1] {
  return {
    directory: { mustExist: true },
    s3: {
      endpoint: options.s3Endpoint,
      region: options.s3Region,
      accessKey: options.s3AccessKey ?? env["AWS_ACCESS_KEY_ID"] ?? null,
      secretKey: options.s3SecretKey ?? env["AWS_SECRET_ACCESS_KEY"] ?? null,
      parallelParts: options.parallelObjects,
      stop: signal,
      onSlow: (request) => log.warn({ endpoint: options.s3Endpoint, request }, "the object store does not answer yet"),
    },
    sftp: {
      mustExist: true,
      stop: signal,
      privateKeyFile: options.sftpPrivateKey,
      hostKey: options.sftpHostKey,
      agent: env["SSH_AUTH_SOCK"] ?? null,
      home: env["HOME"] ?? null,
      user: env["USER"] ?? null,
    },
  };
}

/** Old files of the primary name the host and the directory there; those of the standby, the directory alone. */
export function repositoryAddresses(
  { repositories, slave, walmgrData }: Pick<WalmgrValues, "repositories" | "slave" | "walmgrData">,
  localPath: string,
): readonly string[] {
  if (repositories.length > 0) {
    const places = repositories.map((one) => (one.startsWith("~") ? expandHome(one) : one));
    // One that is named twice, with a slash behind it or not, is one, and has one lease.
    return [...new Set(places.map((one) => (isAbsolute(one) ? resolve(one) : one)))];
  }
  if (slave === null || isHere(slave)) return [localPath];
  const folder = isAbsolute(walmgrData) ? walmgrData : walmgrData.replace(/^~\/?/, "");
  return [`sftp://${slave}/${folder.replace(/^\//, "")}`];
}

function isHere(host: string): boolean {
  return ["localhost", "127.0.0.1", "::1"].includes(host);
}

function slotName(given: string | null, jobName: string): string | null {
  if (given === "none") return null;
  return given ?? `walmgr_${jobName.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_")}`.slice(0, 63);
}

function streamTarget(options: WalmgrValues): string {
  const target = options.primaryConninfo ?? options.masterDb;
  if (target !== null) return target;
  throw missing("primary_conninfo or master_db");
}

/** A string for the WAL stream names no database, and the role seldom has one of its name. */
function primaryTarget(options: WalmgrValues, env: Environment): string {
  const target = options.masterDb ?? options.primaryConninfo;
  if (target === null) throw missing("master_db or primary_conninfo");
  const { dbname, service } = parseConninfo(target);
  if (dbname !== undefined || service !== undefined || env["PGDATABASE"] !== undefined) return target;
  return formatKeywordPairs(conninfoPairs(mergeConninfo(parseConninfo("dbname=postgres"), parseConninfo(target))));
}

/** A computer that has gone answers nothing at all, so that there must be a limit. */
function patient(target: string | Config, env: Environment): Config {
  const given = typeof target === "string" ? parseConninfo(target) : target;
  const { settings } = resolveSettings(given, env);
  return settings.connectTimeoutMs === null ? mergeConninfo({ connect_timeout: "10" }, given) : given;
}

/** One host each. */
function hostsOf(target: string | Config, env: Environment): readonly Config[] {
  const given = typeof target === "string" ? parseConninfo(target) : target;
  const { settings } = resolveSettings(given, env);
  return settings.hosts.map(({ host, hostaddr, port }) =>
    mergeConninfo({ host, port: String(port), ...(hostaddr === null ? {} : { hostaddr }) }, given),
  );
}

async function standbyTarget({ slaveDb, slaveData, masterDb, primaryConninfo }: WalmgrValues): Promise<string> {
  if (slaveDb !== null) return slaveDb;
  if (slaveData === null) throw missing("slave_db or slave_data");
  const lines = await readFile(join(slaveData, "postmaster.pid"), "utf8").then(
    (text) => text.split("\n"),
    () => [],
  );
  const [, , , port, socketFolder = "", address = ""] = lines.map((line) => line.trim());
  if (port === undefined || port === "") {
    throw new SkytoolsError("CONNECTION_FAILED", `no server runs in ${slaveData}`, {
      hint: "start it, or set slave_db",
    });
  }
  const host = socketFolder === "" ? (address === "*" || address === "" ? "localhost" : address) : socketFolder;
  // Roles of the standby are those of the primary; the name of the local user is often none of them.
  const { user, password } = mergeConninfo(parseConninfo(masterDb ?? primaryConninfo ?? ""));
  const pairs = Object.entries({ host, port, dbname: "postgres", user, password });
  return formatKeywordPairs(pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function otherSources({ otherSources: list }: WalmgrValues): readonly string[] {
  return (list ?? "")
    .split(";")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

function missing(keys: string): SkytoolsError {
  return new SkytoolsError("CONFIG_FILE", `the configuration needs ${keys}`);
}

/** The parts of a connection string that a setting of the server needs; without the password. */
export function conninfoWithoutPassword(target: string): string {
  // A password is not enumerable there.
  return formatKeywordPairs(Object.entries(mergeConninfo(parseConninfo(target))));
}
