// The CPU time of one process, from Linux's /proc.
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux
const UTIME = 11; // fields of /proc/PID/stat, counted after the program's name
const STIME = 12;

/** 0 when it has ended. */
export function processCpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
