// repo.json: which cluster a repository belongs to.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { isExisting, readText, type Store, writeText } from "../store/index.ts";
import type { ClusterFacts, RepositoryIdentity } from "./types.ts";

export const FORMAT_VERSION = 1;
const NAME = "repo.json";

/** Null before the first use. @throws REPOSITORY_FOREIGN, REPOSITORY_DAMAGED */
export async function readIdentity(store: Store): Promise<RepositoryIdentity | null> {
  const text = await readText(store, NAME);
  return text === null ? null : parseIdentity(text, store.description);
}

/** What a writer is. */
export interface Enrolling extends ClusterFacts {
  /** It has a key; "writes": what it stores is encrypted. */
  readonly encryption: "none" | "reads" | "writes";
}

/**
 * Makes repo.json, or checks it; a new major and the first key are noted there.
 * @throws REPOSITORY_FOREIGN, ENCRYPTION_KEY when it would write in the clear where others encrypt
 */
export async function enroll(store: Store, facts: Enrolling, clock: Clock): Promise<RepositoryIdentity> {
  const found = await readIdentity(store);
  if (found !== null) return await join(store, found, facts);
  const created = new Date(clock.now()).toISOString();
  const made = { formatVersion: FORMAT_VERSION, systemId: facts.systemId, segmentBytes: facts.segmentBytes };
  const identity = { ...made, majors: [facts.major], created, isEncrypted: facts.encryption === "writes" };
  try {
    await writeText(store, NAME, formatIdentity(identity), { ifAbsent: true });
    return identity;
  } catch (error) {
    if (!isExisting(error)) throw error;
    return await enroll(store, facts, clock);
  }
}

async function join(store: Store, found: RepositoryIdentity, facts: Enrolling): Promise<RepositoryIdentity> {
  if (found.systemId !== facts.systemId) {
    throw foreign(`${store.description} belongs to the cluster ${found.systemId}, the server is ${facts.systemId}`);
  }
  if (found.segmentBytes !== facts.segmentBytes) {
    throw foreign(`${store.description} has segments of ${found.segmentBytes} bytes, the server ${facts.segmentBytes}`);
  }
  if (found.isEncrypted && facts.encryption === "none") {
    throw new SkytoolsError("ENCRYPTION_KEY", `${store.description} is encrypted, and there is no key to go on so`, {
      hint: "set encryption_key_file or encryption_key_command; what shall be stored in the clear needs a repository of its own",
    });
  }
  const isEncrypted = found.isEncrypted || facts.encryption === "writes";
  const isKnown = found.majors.includes(facts.major);
  if (isKnown && isEncrypted === found.isEncrypted) return found;
  const changed = { ...found, majors: isKnown ? found.majors : [...found.majors, facts.major], isEncrypted };
  await writeText(store, NAME, formatIdentity(changed));
  return changed;
}

function formatIdentity(identity: RepositoryIdentity): string {
  return `${JSON.stringify({ ...identity, systemId: identity.systemId.toString() }, null, 2)}\n`;
}

export function parseIdentity(text: string, where: string): RepositoryIdentity {
  const value = parseObject(text);
  if (value === null) throw damaged(where);
  const { formatVersion, systemId, segmentBytes, majors, created, isEncrypted = false } = value;
  if (formatVersion !== FORMAT_VERSION) {
    throw foreign(`${where} has format ${JSON.stringify(formatVersion)}, this program knows ${FORMAT_VERSION}`);
  }
  const isGood =
    typeof systemId === "string" &&
    /^\d+$/.test(systemId) &&
    typeof segmentBytes === "number" &&
    Array.isArray(majors) &&
    majors.every((major) => typeof major === "number") &&
    typeof created === "string" &&
    typeof isEncrypted === "boolean";
  if (!isGood) throw damaged(where);
  return { formatVersion, systemId: BigInt(systemId), segmentBytes, majors, created, isEncrypted };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

function foreign(message: string): SkytoolsError {
  return new SkytoolsError("REPOSITORY_FOREIGN", message, { hint: "give each cluster a repository of its own" });
}

function damaged(where: string): SkytoolsError {
  return new SkytoolsError("REPOSITORY_DAMAGED", `${NAME} of ${where} cannot be read`, {
    hint: "another repository of the same cluster has the same one: copy it",
  });
}
