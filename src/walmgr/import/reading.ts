// What may not be read must not look as if it were not there.
import { readdir, readFile } from "node:fs/promises";
import { errnoOf, isAbsent, SkytoolsError } from "../../errors/index.ts";

/** Names in a directory; none when it is not there. */
export async function namesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory).catch(unlessAbsent)) ?? [];
}

/** The whole file; undefined: it is not there. */
export async function readSmall(path: string): Promise<Buffer | undefined> {
  return await readFile(path).catch(unlessAbsent);
}

function unlessAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
  return undefined;
}

/** A file or folder that this user may not read: said with its path, and with what to do. @throws IMPORT_UNREADABLE */
export async function readable<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!mayNotRead(error)) throw error;
    const path = error instanceof Error && "path" in error ? String(error.path) : directory;
    throw new SkytoolsError("IMPORT_UNREADABLE", `${path} may not be read`, {
      cause: error,
      hint: "import as the user that the files belong to",
    });
  }
}

export function mayNotRead(error: unknown): boolean {
  return errnoOf(error) === "EACCES" || errnoOf(error) === "EPERM";
}
