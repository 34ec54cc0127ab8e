// Which process this is, so that another one can tell later whether it still runs. A process id alone comes again.
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { errnoOf } from "../../errors/index.ts";

export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Changes when the computer starts again; empty where the system does not tell. */
  readonly bootId: string;
  /** When the process began, in the system's own ticks; empty where it does not tell. */
  readonly started: string;
}

export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, bootId: bootId(), started: startOf(process.pid) };
}

/** Null: it ran on another computer, so this one cannot know. */
export function isRunning(identity: ProcessIdentity): boolean | null {
  if (identity.host !== hostname()) return null;
  if (identity.bootId !== bootId()) return false;
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return false;
  }
  return startOf(identity.pid) === identity.started;
}

function bootId(): string {
  return readIfThere("/proc/sys/kernel/random/boot_id").trim();
}

/** The name in parentheses may hold blanks; a zombie counts as ended. */
function startOf(pid: number): string {
  const fields = readIfThere(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return fields[0] === "Z" ? "ended" : (fields[19] ?? "");
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
