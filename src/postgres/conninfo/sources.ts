// Reads what a connection string leaves open from environment, service file, password file and operating system.
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { isAbsent, SkytoolsError } from "../../errors/index.ts";
import type { Log } from "../log.ts";
import { type Conninfo, makeConninfo, mergeConninfo } from "./conninfo.ts";
import { keywordNames, keywordTable } from "./keywords.ts";
import { findPassword } from "./passfile.ts";
import { findService } from "./service-file.ts";
import { type HostAddress, makeSettings, type Settings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Folders where PostgreSQL's own builds put the local socket. */
const SOCKET_FOLDERS = ["/var/run/postgresql", "/tmp"];

export interface ResolvedSettings {
  readonly settings: Settings;
  /** passfile=, PGPASSFILE, else ~/.pgpass. */
  readonly passfile: string;
}

/** Precedence as in libpq: string, service, environment, default. @throws CONNECTION_STRING, SERVICE_FILE */
export function resolveSettings(given: Conninfo, env: Environment): ResolvedSettings {
  const environment = fromEnvironment(env);
  const service = given.service ?? environment.service ?? "";
  const fromService = service === "" ? {} : readService(service, given.servicefile, env);
  const merged = mergeConninfo(given, fromService, environment);
  return {
    settings: makeSettings(merged, { osUser: osUser(), defaultHost }),
    passfile: nonEmpty(merged.passfile) ?? join(homeFolder(env), ".pgpass"),
  };
}

/** The password for one of the hosts: the given one, else the password file's, else null. */
export function passwordFor(settings: Settings, address: HostAddress, passfile: string, log: Log): string | null {
  if (settings.password !== null) return settings.password;
  const text = readPassfile(passfile, log);
  if (text === null) return null;
  return findPassword(text, {
    host: SOCKET_FOLDERS.includes(address.host) ? "localhost" : address.host,
    port: String(address.port),
    database: settings.database,
    user: settings.user,
  });
}

export function homeFolder(env: Environment): string {
  return nonEmpty(env["HOME"]) ?? homedir();
}

function fromEnvironment(env: Environment): Conninfo {
  const pairs = keywordNames.flatMap((name): [string, string][] => {
    const variable = keywordTable[name].env;
    const value = variable === undefined ? undefined : env[variable];
    return value === undefined ? [] : [[name, value]];
  });
  // Source: libpq: the older PGREQUIRESSL=1 means sslmode=require where PGSSLMODE is not set.
  if (env["PGREQUIRESSL"]?.startsWith("1") === true) pairs.unshift(["sslmode", "require"]);
  return makeConninfo(pairs);
}

/** The user's own file first, then pg_service.conf of the system, as in libpq. */
function readService(service: string, given: string | undefined, env: Environment): Conninfo {
  const own = nonEmpty(given) ?? nonEmpty(env["PGSERVICEFILE"]);
  const system = nonEmpty(env["PGSYSCONFDIR"]) ?? "/etc/postgresql-common";
  const candidates = [own ?? join(homeFolder(env), ".pg_service.conf"), join(system, "pg_service.conf")];
  if (own !== null && !existsSync(own)) throw serviceError(`service file "${own}" not found`);

  for (const path of candidates.filter((candidate) => existsSync(candidate))) {
    const found = findService(readText(path), service);
    if (found !== null) return found;
  }
  throw serviceError(`definition of service "${service}" not found (looked into ${candidates.join(", ")})`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw serviceError(`service file "${path}" cannot be read`, cause);
  }
}

function serviceError(message: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("SERVICE_FILE", message, {
    hint: "check the name, PGSERVICEFILE and ~/.pg_service.conf",
    cause,
  });
}

function readPassfile(path: string, log: Log): string | null {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) {
      log.warn({ passfile: path }, "password file is not a plain file; ignored");
      return null;
    }
    if ((stat.mode & 0o077) !== 0) {
      log.warn({ passfile: path }, "password file is open to group or others; ignored. chmod 0600 it");
      return null;
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!isAbsent(error)) log.warn({ passfile: path }, "password file cannot be read; ignored");
    return null;
  }
}

function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return ""; // a container may run as a number without a name
  }
}

/** libpq has its socket folder compiled in; here it is the one that has the socket, else localhost. */
function defaultHost(port: number): string {
  return SOCKET_FOLDERS.find((folder) => existsSync(join(folder, `.s.PGSQL.${port}`))) ?? "localhost";
}

function nonEmpty(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}
