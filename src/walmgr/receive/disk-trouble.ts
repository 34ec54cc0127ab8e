// Trouble of the disk here, which connecting again does not mend.
import { errnoOf } from "../../errors/index.ts";

const ERRNOS: readonly (string | null)[] = ["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EIO"];

export function isDiskTrouble(error: unknown): boolean {
  if (ERRNOS.includes(errnoOf(error))) return true;
  return error instanceof Error && error.cause !== undefined && isDiskTrouble(error.cause);
}
