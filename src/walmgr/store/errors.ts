// The errors that all stores share, and what their callers ask of them.
import { errnoOf, reasonOf, SkytoolsError } from "../../errors/index.ts";

export function objectMissing(store: string, name: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("STORE_OBJECT_MISSING", `there is no ${name} in ${store}`, { cause });
}

export function objectExists(store: string, name: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("STORE_OBJECT_EXISTS", `${name} is in ${store} already`, { cause });
}

export function storeFailed(store: string, what: string, cause: unknown, hint = hintFor(cause)): SkytoolsError {
  if (cause instanceof SkytoolsError) return cause;
  const reason = reasonOf(cause);
  return new SkytoolsError("STORE_FAILED", `${what} failed in ${store}: ${reason}`, { cause, hint });
}

export function storeStopped(store: string): SkytoolsError {
  return new SkytoolsError("ABORTED", `stopped by a signal while ${store} did not answer`);
}

export function directoryMissing(store: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("STORE_FAILED", `the ${store} of the repository is not there`, {
    cause,
    hint: "mount its disk; for a new repository make it, with mkdir or `walmgr conf.ini setup`",
  });
}

export function isMissing(error: unknown): boolean {
  return error instanceof SkytoolsError && error.code === "STORE_OBJECT_MISSING";
}

export function isExisting(error: unknown): boolean {
  return error instanceof SkytoolsError && error.code === "STORE_OBJECT_EXISTS";
}

const byErrno: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: make room, or let `expire` remove what is not wanted any more",
  EDQUOT: "the quota is used up: make room, or let `expire` remove what is not wanted any more",
  EACCES: "the folder must belong to this user, or be writable for it",
  EROFS: "the file system is mounted read-only",
  ECONNREFUSED: "nobody listens there: does the service run, and are host and port right?",
  ENOTFOUND: "the name of the host is not known: is it right, and does DNS work?",
  EAI_AGAIN: "the name of the host cannot be looked up now: does DNS work?",
  EHOSTUNREACH: "no way leads to that host: look at the network and its firewalls",
  ENETUNREACH: "no way leads to that host: look at the network and its firewalls",
  ETIMEDOUT: "the host does not answer: does it run, and does a firewall let us through?",
  UND_ERR_CONNECT_TIMEOUT: "the host does not answer: does it run, and does a firewall let us through?",
  EIO: "the disk reports an error: look at the system's log",
};

function hintFor(cause: unknown): string | undefined {
  return hintForErrno(errnoOf(cause) ?? "");
}

export function hintForErrno(errno: string): string | undefined {
  return byErrno[errno];
}
