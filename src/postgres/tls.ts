// sslmode as libpq means it: which ways of connecting are tried in which order, and what is checked in each.
import { existsSync, readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { checkServerIdentity, type ConnectionOptions, type SecureVersion } from "node:tls";
import { SkytoolsError } from "../errors/index.ts";
import type { HostAddress, SslMode, TlsSettings } from "./conninfo/settings.ts";

export type Encryption = "plain" | "tls";

const order: Readonly<Record<SslMode, readonly Encryption[]>> = {
  disable: ["plain"],
  allow: ["plain", "tls"],
  prefer: ["tls", "plain"],
  require: ["tls"],
  "verify-ca": ["tls"],
  "verify-full": ["tls"],
};

/** The ways to try, in order. Local sockets are never encrypted. */
export function encryptionOrder(mode: SslMode, { host }: HostAddress): readonly Encryption[] {
  return host.startsWith("/") ? ["plain"] : order[mode];
}

/** Where system certificates lie; Node brings its own list for everywhere else. */
const SYSTEM_ROOTS = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/**
 * Options for node:tls. Reads the certificate files; the defaults lie in ~/.postgresql.
 * @throws CONNECTION_FAILED when a file that is needed is missing or unsafe
 */
export function tlsOptions(tls: TlsSettings, { host }: HostAddress, home: string): ConnectionOptions {
  const folder = join(home, ".postgresql");
  const roots = readRoots(tls, folder);
  const verifies = roots !== null;
  const crl = readOptional(tls.crl, join(folder, "root.crl"), "sslcrl");
  return {
    rejectUnauthorized: verifies,
    ...(roots?.ca === undefined ? {} : { ca: roots.ca }),
    checkServerIdentity: (_, cert) => (tls.mode === "verify-full" ? checkServerIdentity(host, cert) : undefined),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(crl === null || !verifies ? {} : { crl }),
    ...clientCertificate(tls, folder),
    ...(tls.minVersion === null ? {} : { minVersion: secureVersion(tls.minVersion) }),
    ...(tls.maxVersion === null ? {} : { maxVersion: secureVersion(tls.maxVersion) }),
  };
}

/** null: nothing to verify against, and the mode does not ask for it. A root file that exists is used in every mode. */
function readRoots(tls: TlsSettings, folder: string): { ca?: Buffer } | null {
  if (tls.rootCert === "system") {
    const path = SYSTEM_ROOTS.find((candidate) => existsSync(candidate));
    return path === undefined ? {} : { ca: readFileSync(path) };
  }
  const path = tls.rootCert ?? join(folder, "root.crt");
  if (existsSync(path)) return { ca: readNeeded(path, "sslrootcert") };
  if (!tls.mode.startsWith("verify")) return null;
  throw tlsError(
    `root certificate file "${path}" does not exist`,
    "provide the file, use sslrootcert=system for the system's roots, or a sslmode that does not verify",
  );
}

function clientCertificate(tls: TlsSettings, folder: string): ConnectionOptions {
  if (tls.sendCert === "disable") return {};
  const cert = readOptional(tls.cert, join(folder, "postgresql.crt"), "sslcert");
  if (cert === null) {
    if (tls.sendCert === "require")
      throw tlsError("sslcertmode=require, but there is no client certificate", "set sslcert");
    return {};
  }
  const keyPath = tls.key ?? join(folder, "postgresql.key");
  const key = readNeeded(keyPath, "sslkey");
  const { mode, uid } = statSync(keyPath);
  // Source: libpq: a key of root may be readable by its group.
  if ((mode & (uid === 0 ? 0o037 : 0o077)) !== 0) {
    throw tlsError(`private key file "${keyPath}" is open to group or others`, `chmod 0600 ${keyPath}`);
  }
  return { cert, key, ...(tls.keyPassword === null ? {} : { passphrase: tls.keyPassword }) };
}

function readOptional(given: string | null, fallback: string, keyword: string): Buffer | null {
  if (given !== null) return readNeeded(given, keyword);
  return existsSync(fallback) ? readNeeded(fallback, keyword) : null;
}

function readNeeded(path: string, keyword: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw tlsError(`${keyword} file "${path}" cannot be read`, "check the path and its permissions", cause);
  }
}

function secureVersion(version: string): SecureVersion {
  if (version === "TLSv1" || version === "TLSv1.1" || version === "TLSv1.2" || version === "TLSv1.3") return version;
  throw tlsError(`unknown TLS version ${version}`, "TLSv1.2 or TLSv1.3");
}

function tlsError(message: string, hint: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("CONNECTION_FAILED", message, { hint, cause });
}
