// A tick in a file: decimal, no line end. Written aside, synced, renamed, the directory synced.
import { open, readFile, rename, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errnoOf, SkytoolsError } from "../../errors/index.ts";

/** @returns null when the file is missing, empty or holds -1. @throws POSITION_FILE */
export async function readPositionFile(path: string): Promise<bigint | null> {
  let text: string;
  try {
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (isMissing(error)) return null;
    throw failed(path, "read", error);
  }
  if (text === "" || text === "-1") return null;
  if (!/^\d{1,19}$/.test(text)) {
    throw new SkytoolsError("POSITION_FILE", `${path} holds no tick`, {
      hint: "remove the file when it is not a position: the consumer then goes on where the queue has it",
    });
  }
  return BigInt(text);
}

/** After it has resolved, the tick outlives a crash of the machine; before that, the old one is there whole. */
export async function writePositionFile(path: string, tick: bigint): Promise<void> {
  const aside = `${path}.new`;
  try {
    const file = await open(aside, "w");
    try {
      await file.writeFile(String(tick));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
    await syncFolder(path);
  } catch (error) {
    throw failed(path, "written", error);
  }
}

/** Missing is fine. */
export async function removePositionFile(path: string): Promise<void> {
  try {
    await unlink(path);
    await syncFolder(path);
  } catch (error) {
    if (!isMissing(error)) throw failed(path, "removed", error);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(resolve(path)), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return errnoOf(error) === "ENOENT";
}

function failed(path: string, what: string, cause: unknown): SkytoolsError {
  return new SkytoolsError("POSITION_FILE", `${path} cannot be ${what}`, {
    hint: cause instanceof Error ? cause.message : undefined,
    cause,
  });
}
