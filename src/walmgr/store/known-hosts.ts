// Whether the key that a server shows is the right one: it has the fingerprint that was given, or ~/.ssh/known_hosts has it.
// Names may be hashed there.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** False too when there is no such file: an unknown server is not trusted. */
export async function isKnownHost(home: string | null, host: string, port: number, key: Buffer): Promise<boolean> {
  if (home === null) return false;
  const text = await readFile(join(home, ".ssh", "known_hosts"), "utf8").catch(() => "");
  const name = port === 22 ? host : `[${host}]:${port}`;
  return text.split("\n").some((line) => {
    const [names = "", , encoded = ""] = line.trim().split(/\s+/);
    return !names.startsWith("@") && isNamed(names, name) && Buffer.from(encoded, "base64").equals(key);
  });
}

function isNamed(names: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? [];
  if (salt === undefined || hash === undefined) return names.split(",").includes(name);
  return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
}

/** `fingerprint`: `SHA256:…` */
export function hasFingerprint(key: Buffer, fingerprint: string): boolean {
  const [given, own] = [fingerprint.replace(/^SHA256:/, "").replace(/=+$/, ""), fingerprintOf(key)];
  return given.length === own.length && timingSafeEqual(Buffer.from(given), Buffer.from(own));
}

function fingerprintOf(key: Buffer): string {
  return createHash("sha256").update(key).digest("base64").replace(/=+$/, "");
}
