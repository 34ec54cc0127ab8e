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
  /** Id of the main key that encrypts what it stores. */
  readonly writesWith: string | null;
  /** Of all main keys that it has. */
  readonly keyIds: readonly string[];
}

/**
 * Makes repo.json, or checks it; a new major and a new key are noted there.
 * @throws REPOSITORY_FOREIGN, ENCRYPTION_KEY when it would write in the clear where others encrypt, or has only keys that
 * nobody has written with
 */
export async function enroll(store: Store, facts: Enrolling, clock: Clock): Promise<RepositoryIdentity> {
  const found = await readIdentity(store);
  if (found !== null) return await join(store, found, facts);
  const created = new Date(clock.now()).toISOString();
  const made = { formatVersion: FORMAT_VERSION, systemId: facts.systemId, segmentBytes: facts.segmentBytes };
  const keyIds = facts.writesWith === null ? [] : [facts.writesWith];
  const identity = { ...made, majors: [facts.major], created, isEncrypted: keyIds.length > 0, keyIds };
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
  const { writesWith } = facts;
  const hasKey = writesWith !== null || facts.keyIds.length > 0;
  if (found.isEncrypted && !hasKey) {
    throw new SkytoolsError("ENCRYPTION_KEY", `${store.description} is encrypted, and there is no key to go on so`, {
      hint: "set encryption_key_file or encryption_key_command; what shall be stored in the clear needs a repository of its own",
    });
  }
  const isNewKey = writesWith !== null && !found.keyIds.includes(writesWith);
  if (isNewKey && found.keyIds.length > 0 && !found.keyIds.some((id) => facts.keyIds.includes(id))) {
    throw onlyNewKeys(store.description, found.keyIds, writesWith);
  }
  const isNewMajor = !found.majors.includes(facts.major);
  if (!isNewMajor && !isNewKey) return found;
  const changed = {
    ...found,
    majors: isNewMajor ? [...found.majors, facts.major] : found.majors,
    isEncrypted: found.isEncrypted || writesWith !== null,
    keyIds: isNewKey ? [...found.keyIds, writesWith] : found.keyIds,
  };
  await writeText(store, NAME, formatIdentity(changed));
  return changed;
}

/** More likely a mistake than a change of the key, which has the old one below the new one. */
function onlyNewKeys(where: string, known: readonly string[], given: string): SkytoolsError {
  const message = `nothing in ${where} was encrypted with the key ${given}; it has ${known.join(", ")}, which is not given`;
  return new SkytoolsError("ENCRYPTION_KEY", message, {
    hint: "is it the right key? To change it, put the new one into the first line and leave the old one below; where the old one is lost, begin a new repository",
  });
}

function formatIdentity(identity: RepositoryIdentity): string {
  return `${JSON.stringify({ ...identity, systemId: identity.systemId.toString() }, null, 2)}\n`;
}

export function parseIdentity(text: string, where: string): RepositoryIdentity {
  const value = parseObject(text);
  if (value === null) throw damaged(where);
  const { formatVersion, systemId, segmentBytes, majors, created, isEncrypted = false, keyIds = [] } = value;
  if (formatVersion !== FORMAT_VERSION) {
    const message = `${where} has format ${JSON.stringify(formatVersion)}, this program knows ${FORMAT_VERSION}`;
    throw new SkytoolsError("REPOSITORY_FOREIGN", message, {
      hint: "use the version of walmgr that made it, or a newer one",
    });
  }
  const isGood =
    typeof systemId === "string" &&
    /^\d+$/.test(systemId) &&
    typeof segmentBytes === "number" &&
    Array.isArray(majors) &&
    majors.every((major) => typeof major === "number") &&
    typeof created === "string" &&
    typeof isEncrypted === "boolean" &&
    Array.isArray(keyIds) &&
    keyIds.every((id) => typeof id === "string");
  if (!isGood) throw damaged(where);
  return { formatVersion, systemId: BigInt(systemId), segmentBytes, majors, created, isEncrypted, keyIds };
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
