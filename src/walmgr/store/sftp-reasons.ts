// Why a server behind ssh refuses: its answers are numbers, and a full disk and a read-only one are both "failure".
import { hintForErrno } from "./errors.ts";
import type { SftpSession } from "./sftp-session.ts";

export const END_OF_FILE = 1;
export const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
export const FAILURE = 4;
export const UNSUPPORTED = 8;

/** Of an answer; null: the error is none. */
export function statusOf(error: unknown): number | null {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : null;
}

/** Undefined: the error says enough, or nobody knows more. */
export function refusalHint(error: unknown): string | undefined {
  return statusOf(error) === PERMISSION_DENIED ? hintForErrno("EACCES") : undefined;
}

/** The same for a write, for which the server's disk is looked at. */
export async function writeHint(session: SftpSession, folder: string, error: unknown): Promise<string | undefined> {
  if (statusOf(error) !== FAILURE) return refusalHint(error);
  const disk = await diskOf(session, folder);
  if (disk?.isReadOnly === true) return hintForErrno("EROFS");
  if (disk?.isFull === true) return hintForErrno("ENOSPC");
  return "the server does not say why: look at its disk, at quotas, and at its log";
}

const READ_ONLY = 1;
/** As much as an object of the usual size may miss. */
const FULL_BYTES = 32 * 1024 * 1024;

/** Null: the server does not tell. */
async function diskOf(
  session: SftpSession,
  folder: string,
): Promise<{ readonly isFull: boolean; readonly isReadOnly: boolean } | null> {
  try {
    const found = await session.request<Readonly<Record<"f_frsize" | "f_bavail" | "f_flag", number | bigint>>>(
      (sftp, done) => sftp.ext_openssh_statvfs(folder, done),
    );
    const freeBytes = Number(found.f_bavail) * Number(found.f_frsize);
    return { isFull: freeBytes < FULL_BYTES, isReadOnly: (Number(found.f_flag) & READ_ONLY) !== 0 };
  } catch {
    return null;
  }
}
