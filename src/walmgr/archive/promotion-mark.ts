// While a standby is being promoted it gets begun segments too: they hold the last that the old primary wrote, and commits
// that waited for the receiver. Its restore_command is asked without them, so a file here tells whoever answers it.
import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../errors/index.ts";

/** A mark that stayed does no harm: a standby streams a begun segment from its start again. */
const MARK = "promoting";

/** `localPath`: walmgr_data, with which restore_command is answered; where it is not there, nothing is. */
export async function servingPartials<T>(localPath: string, work: () => Promise<T>): Promise<T> {
  const path = join(localPath, MARK);
  await writeFile(path, "").catch((error: unknown) => {
    if (errnoOf(error) !== "ENOENT") throw error;
  });
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

export async function isPromoting(localPath: string): Promise<boolean> {
  return await stat(join(localPath, MARK)).then(
    () => true,
    () => false,
  );
}
