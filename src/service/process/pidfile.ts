// The file that says which process runs. It holds a decimal process id and a newline, in the first line; nothing else
// is taken for a process id, so that no strange process is ever signalled.
//
// Two programs that start at once cannot both get it: it is written beside and then linked, which fails when the name
// is taken; a stale one is first moved away, which only one of them can do.
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { errnoOf, reasonOf, SkytoolsError } from "../../errors/index.ts";

/** What a pidfile says. `running` is told of the process with that id, whatever it is. */
export type PidfileState =
  | { readonly kind: "none" }
  | { readonly kind: "stale"; readonly pid: number | null }
  | { readonly kind: "running"; readonly pid: number }
  | { readonly kind: "garbage" };

export interface Pidfile {
  /** Removes the file if it is still ours. May be called again; never throws. */
  release(): void;
}

export interface PidfileOptions {
  /** Told when an old file of a dead process is replaced. */
  readonly onStale?: () => void;
  /** For tests. */
  readonly pid?: number;
}

/** Largest that any system gives out. */
const MAX_PID = 2 ** 31 - 1;
const MAX_TRIES = 5;

/** What file systems without hard links answer. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** @throws PIDFILE when the file cannot be read */
export function readPidfile(path: string, ownPid = process.pid): PidfileState {
  const text = readText(path);
  if (text === null) return { kind: "none" };
  const first = text.split("\n", 1)[0]?.trim() ?? "";
  if (first === "") return { kind: "stale", pid: null };
  const pid = /^[1-9]\d{0,9}$/.test(first) ? Number(first) : NaN;
  if (!(pid <= MAX_PID)) return { kind: "garbage" };
  // Our own id in an old file: a container gives the same ids again after a restart.
  return pid !== ownPid && isAlive(pid) ? { kind: "running", pid } : { kind: "stale", pid };
}

/** Takes the pidfile for this process. @throws PIDFILE */
export function acquirePidfile(path: string, { onStale, pid = process.pid }: PidfileOptions = {}): Pidfile {
  const written = `${path}.${pid}.new`;
  try {
    writeSynced(written, `${pid}\n`);
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      if (linked(written, path)) {
        syncFolder(path);
        return { release: () => release(path, pid) };
      }
      checkPidfile(path, pid);
      moveAway(path, pid);
      if (tries === 0) onStale?.();
    }
    throw inUse(path);
  } catch (error) {
    throw error instanceof SkytoolsError ? error : cannotUse(path, error);
  } finally {
    rmSync(written, { force: true });
  }
}

/** @throws PIDFILE when another process has it, or when it holds no process id */
export function checkPidfile(path: string, ownPid = process.pid): void {
  const state = readPidfile(path, ownPid);
  if (state.kind === "running") throw inUse(path, state.pid);
  if (state.kind === "garbage") throw garbage(path);
}

export function garbage(path: string): SkytoolsError {
  return new SkytoolsError("PIDFILE", `corrupt pidfile ${path}: it holds no process id`, {
    hint: "if the program does not run, remove the file",
  });
}

function inUse(path: string, pid?: number): SkytoolsError {
  const who = pid === undefined ? "" : ` (process ${pid})`;
  return new SkytoolsError("PIDFILE", `pidfile ${path} exists, another process running?${who}`, {
    hint: "stop that process with -s; every job needs a pidfile of its own",
  });
}

function cannotUse(path: string, cause: unknown): SkytoolsError {
  const reason = reasonOf(cause);
  return new SkytoolsError("PIDFILE", `cannot use pidfile ${path}: ${reason}`, {
    hint: "the folder must be there and writable for this user",
    cause,
  });
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "latin1").slice(0, 4096);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw cannotUse(path, error);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return errnoOf(error) !== "ESRCH";
  }
}

/** Ended, and its parent has not noticed: for ever, where a container's first process looks after no others. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false; // no /proc, or gone
  }
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, "w", 0o644);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    if (!NO_LINKS.includes(errnoOf(error) ?? "")) throw error;
  }
  return copied(from, to);
}

function copied(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Removes a stale file. When meanwhile another process has put its own there, that one is put back. */
function moveAway(path: string, pid: number): void {
  const aside = `${path}.${pid}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return; // the other process was faster
    throw error;
  }
  const isStillStale = readPidfile(aside, pid).kind === "stale";
  if (!isStillStale) linked(aside, path);
  rmSync(aside, { force: true });
}

/** Not every file system can sync a folder; the file is valid without. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(dirname(path), "r");
    fsyncSync(folder);
    closeSync(folder);
  } catch {
    return;
  }
}

function release(path: string, pid: number): void {
  try {
    if (readFileSync(path, "latin1").trim() === String(pid)) rmSync(path, { force: true });
  } catch {
    return; // it is gone, or not ours any more
  }
}
