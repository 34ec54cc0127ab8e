// The CPU time of one process, from Linux's /proc.
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux
// Fields of /proc/PID/stat, counted after the program's name.
const [UTIME, STIME, CUTIME, CSTIME] = [11, 12, 13, 14];

/** 0 when it has ended. */
export function processCpuSeconds(pid: number | string): number {
  return seconds(pid, UTIME, STIME);
}

/** Of its children that have ended. */
export function endedChildrenCpuSeconds(pid: number | string): number {
  return seconds(pid, CUTIME, CSTIME);
}

function seconds(pid: number | string, ...fields: readonly number[]): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const values = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields.reduce((sum, field) => sum + Number(values[field]), 0) / TICKS_PER_SECOND;
  } catch {
    return 0; // it has ended
  }
}
