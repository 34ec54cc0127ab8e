// An archive that is stored as files, put together again: the header of each member, its bytes, and what fills the block.
import { SkytoolsError } from "../../errors/index.ts";
import { mapInOrder, readAll } from "../codec/index.ts";
import { makeTarHeader, tarEnd, tarPadding } from "../formats/index.ts";
import type { Store } from "../store/index.ts";
import type { StoredMember } from "./member-list.ts";

/** Small files that are fetched ahead: else the way to the store and back would count for each. */
const FETCHED_AHEAD = 8;
const SMALL_BYTES = 512 * 1024;

/** @throws REPOSITORY_DAMAGED when a file is longer or shorter than it was; STORE_OBJECT_MISSING, STORE_FAILED */
export async function* readFiles(
  store: Store,
  folder: string,
  members: Iterable<StoredMember>,
): AsyncGenerator<Uint8Array> {
  const fetch = async (member: StoredMember): Promise<Fetched> => {
    if (member.object === null || member.sizeBytes > SMALL_BYTES) return { member, bytes: null };
    return { member, bytes: await readAll(fileOf(store, folder, member)) };
  };
  for await (const { member, bytes } of mapInOrder(members, FETCHED_AHEAD, fetch)) {
    const padding = Buffer.alloc(tarPadding(member.sizeBytes));
    if (bytes !== null) {
      yield Buffer.concat([makeTarHeader(member), bytes, padding]);
      continue;
    }
    yield makeTarHeader(member);
    if (member.object === null) continue;
    yield* fileOf(store, folder, member);
    yield padding;
  }
  yield tarEnd();
}

interface Fetched {
  readonly member: StoredMember;
  /** Null: it has none, or they are many. */
  readonly bytes: Buffer | null;
}

/** Its bytes: so many as it had when it was stored. */
async function* fileOf(store: Store, folder: string, { object, sizeBytes }: StoredMember): AsyncGenerator<Uint8Array> {
  const name = `${folder}/${object ?? ""}`;
  let size = 0;
  // One byte more tells that there are more.
  for await (const piece of await store.get(name, { length: sizeBytes + 1 })) {
    size += piece.length;
    if (size > sizeBytes) break;
    yield piece;
  }
  if (size === sizeBytes) return;
  const found = size > sizeBytes ? `more than ${sizeBytes} bytes` : `${size} bytes instead of ${sizeBytes}`;
  throw new SkytoolsError("REPOSITORY_DAMAGED", `${name} has ${found}`);
}
