// Disks that should be mounted and are not: an empty mount point looks like a new repository, and to a recovering server
// like the end of the WAL.
import { readFile } from "node:fs/promises";
import { SkytoolsError } from "../../errors/index.ts";

/** Only directories are looked at; where the system keeps no such lists, nothing is known. @throws STORE_FAILED */
export async function requireMounted(addresses: readonly string[]): Promise<void> {
  const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
  const [fstab, mounts] = await Promise.all([read("/etc/fstab"), read("/proc/self/mounts")]);
  if (mounts === "") return;
  for (const path of addresses) {
    const point = unmountedPoint(path, fstab, mounts);
    if (point === null) continue;
    throw new SkytoolsError("STORE_FAILED", `${path} cannot be used: ${point} is not mounted`, {
      hint: `/etc/fstab says that a disk belongs there: mount ${point}`,
    });
  }
}

/** The mount point of `fstab` that the path lies on, unless it is mounted; null: all is well. */
export function unmountedPoint(path: string, fstab: string, mounts: string): string | null {
  const mounted = new Set(pointsOf(mounts));
  const isAbove = (point: string): boolean => point !== "/" && (path === point || path.startsWith(`${point}/`));
  return pointsOf(fstab).find((point) => isAbove(point) && !mounted.has(point)) ?? null;
}

function pointsOf(table: string): readonly string[] {
  return table
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .map((line) => line.trim().split(/\s+/)[1] ?? "")
    .filter((point) => point.startsWith("/"))
    .map((point) => point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
    .map((point) => (point === "/" ? point : point.replace(/\/+$/, "")));
}
