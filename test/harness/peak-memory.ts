// The largest resident memory that a process has had, from Linux's /proc.
import { readFileSync } from "node:fs";

/** Bytes; null when it has ended. */
export function peakMemoryBytes(pid: number): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
