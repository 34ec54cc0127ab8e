// The CPU time that a server has used: steadier than the clock on a machine that does other things.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endedChildrenCpuSeconds, processCpuSeconds } from "./process-cpu.ts";

/** CPU seconds of all processes of the server since it started, those that have ended included. */
export function serverCpuSeconds(dataDirectory: string): number {
  const postmaster = readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0]!;
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8").trim().split(" ");
  return children.reduce((sum, pid) => sum + processCpuSeconds(pid), endedChildrenCpuSeconds(postmaster));
}
