// Root may read everything: what a user may not read is tried as nobody.
import { execFileSync } from "node:child_process";

const NOBODY = 65534;

/** Runs `work` as a user who is not root, and who owns what is in the folder. */
export async function asPlainUser<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work();
  execFileSync("chown", ["-R", String(NOBODY), folder]);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
