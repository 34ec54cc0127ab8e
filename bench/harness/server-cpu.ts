// The CPU time that a server has used, from Linux's /proc: steadier than the clock on a machine that does other things.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux
// Fields of /proc/PID/stat, counted after the program's name.
const field = { utime: 11, stime: 12, cutime: 13, cstime: 14 } as const;

/** CPU seconds of all processes of the server since it started, those that have ended included. */
export function serverCpuSeconds(dataDirectory: string): number {
  const postmaster = readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0]!;
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8").trim().split(" ");
  const running = children.map((pid) => ticks(pid, field.utime) + ticks(pid, field.stime));
  const ended = ticks(postmaster, field.cutime) + ticks(postmaster, field.cstime);
  return running.reduce((sum, value) => sum + value, ended) / TICKS_PER_SECOND;
}

function ticks(pid: string, index: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[index]);
  } catch {
    return 0; // ended in between
  }
}
