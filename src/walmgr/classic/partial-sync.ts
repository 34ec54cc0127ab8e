// xpartialsync: bytes that an old walmgr on the primary has read out of a segment that is being written.
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import { DEFAULT_SEGMENT_BYTES, parseWalFileName } from "../formats/index.ts";
import { makeFolder, syncFolder } from "../store/index.ts";

export interface PartialSync {
  readonly folder: string;
  readonly name: string;
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Writes them at their place, extends the file to a whole segment, and makes it durable. @throws WRONG_USE */
export async function writePartial({ folder, name, offset, bytes }: PartialSync): Promise<void> {
  if (parseWalFileName(name)?.kind !== "segment") throw new SkytoolsError("WRONG_USE", `"${name}" is no segment`);
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + bytes.length > DEFAULT_SEGMENT_BYTES) {
    throw new SkytoolsError("WRONG_USE", `${bytes.length} bytes at ${offset} are not in a segment`);
  }
  await makeFolder(folder);
  // From the beginning: what an earlier segment of that name left is not ours.
  const flags = constants.O_RDWR | constants.O_CREAT | (offset === 0 ? constants.O_TRUNC : 0);
  const file = await open(join(folder, name), flags, 0o600);
  try {
    await file.write(bytes, 0, bytes.length, offset);
    await file.truncate(DEFAULT_SEGMENT_BYTES);
    await file.sync();
    if (offset === 0) await syncFolder(folder);
  } finally {
    await file.close();
  }
}
