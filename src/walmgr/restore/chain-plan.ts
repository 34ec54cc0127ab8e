// What to take from each backup of a chain, so that every file is written once and then only patched.
import { SkytoolsError } from "../../errors/index.ts";
import { incrementalTarget, type Manifest } from "../formats/index.ts";

export interface ChainMember {
  readonly set: string;
  readonly manifest: Manifest;
}

/** By path as the member's archives have it: written whole, or applied as a patch to the file that it stands for. */
export type MemberPlan = ReadonlyMap<string, "write" | "patch">;

export interface ChainPlan {
  /** One for each member, the full backup first. */
  readonly members: readonly MemberPlan[];
  /** All files that there are at the end. */
  readonly files: ReadonlySet<string>;
}

/** Takes the members with the full backup first. @throws BACKUP_INVALID when a file has no beginning */
export function planChain(members: readonly ChainMember[]): ChainPlan {
  const plans = members.map(() => new Map<string, "write" | "patch">());
  const entries = members.map(({ manifest }) => new Set(manifest.files.map(({ path }) => path)));
  checkSystem(members);
  const files = new Set<string>();
  for (const path of entries.at(-1) ?? []) {
    const target = incrementalTarget(path);
    files.add(target ?? path);
    if (target === null) plans.at(-1)?.set(path, "write");
    else planPatched(target, entries, plans);
  }
  return { members: plans, files };
}

/** Back from the newest: patches, until a whole file is found. */
function planPatched(
  target: string,
  entries: readonly ReadonlySet<string>[],
  plans: readonly Map<string, "write" | "patch">[],
): void {
  const patch = patchName(target);
  for (let i = entries.length - 1; i >= 0; i -= 1) {
    if (entries[i]?.has(patch) === true) plans[i]?.set(patch, "patch");
    else if (entries[i]?.has(target) === true) return void plans[i]?.set(target, "write");
    else break;
  }
  throw new SkytoolsError("BACKUP_INVALID", `no backup of the chain has the whole file ${target}`);
}

function patchName(target: string): string {
  const slash = target.lastIndexOf("/") + 1;
  return `${target.slice(0, slash)}INCREMENTAL.${target.slice(slash)}`;
}

function checkSystem(members: readonly ChainMember[]): void {
  const ids = new Set(members.map(({ manifest }) => manifest.systemId));
  if (ids.size > 1) throw new SkytoolsError("BACKUP_INVALID", "the backups of the chain are of different clusters");
}
