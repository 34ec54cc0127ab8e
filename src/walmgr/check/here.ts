// Checks of this computer: room on the disks, and what waits in the spool.
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { Spool } from "../spool/index.ts";
import { DirectoryStore } from "../store/index.ts";
import type { CheckLine, CheckStatus } from "./line.ts";

export interface HereLimits {
  /** Of repositories that are directories, and of the local one. */
  readonly directories: readonly string[];
  /** The local directory: its spools. */
  readonly local: string;
  /** 0 to 100. */
  readonly warnDiskPercent: number;
  readonly warnSpool: number;
  readonly warnClockMs: number;
}

export async function hereLines(limits: HereLimits): Promise<readonly CheckLine[]> {
  const disks = await Promise.all([...new Set(limits.directories)].map((one) => diskLine(one, limits.warnDiskPercent)));
  return [...disks, await spoolLine(limits)];
}

async function diskLine(directory: string, warnPercent: number): Promise<CheckLine> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    const percent = (100 * bavail) / Math.max(1, blocks);
    const status: CheckStatus = percent < warnPercent / 3 ? "critical" : percent < warnPercent ? "warning" : "ok";
    const free = Math.floor((bavail * bsize) / 1024 / 1024);
    return {
      subject: "disk",
      status,
      message: `${Math.floor(percent)} % of the disk of ${directory} is free, ${free} MB`,
    };
  } catch {
    // It is made at the first use.
    if (directory !== dirname(directory)) return await diskLine(dirname(directory), warnPercent);
    return { subject: "disk", status: "unknown", message: `the disk of ${directory} cannot be looked at` };
  }
}

async function spoolLine({ local, warnSpool }: HereLimits): Promise<CheckLine> {
  const spools = Spool.both(new DirectoryStore(local));
  const names = await Promise.all(spools.map((spool) => spool.segments().catch(() => [])));
  const waiting = new Set(names.flat()).size;
  const status: CheckStatus = waiting > 10 * warnSpool ? "critical" : waiting > warnSpool ? "warning" : "ok";
  return { subject: "spool", status, message: `${waiting} segments wait for a repository` };
}
