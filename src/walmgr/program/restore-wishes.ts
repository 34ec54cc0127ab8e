// What the words and options of restore and restore-test ask for.
import { SkytoolsError } from "../../errors/index.ts";
import { parseInteger } from "../../service/index.ts";
import { parseLsn } from "../formats/index.ts";
import { type ExistingData, type RecoveryTarget, timeTarget } from "../restore/index.ts";

type TargetOptions = Readonly<Record<"targetTime" | "targetLsn" | "targetXid" | "targetName", string | null>> & {
  readonly targetImmediate: boolean;
};

/** @throws WRONG_USE for more than one target */
export function wishOf(
  word: string | undefined,
  options: TargetOptions,
): { readonly target: RecoveryTarget; readonly set: string | null } {
  const targets: RecoveryTarget[] = [];
  if (options.targetTime !== null) targets.push(timeTarget(options.targetTime));
  if (options.targetLsn !== null) targets.push({ kind: "lsn", lsn: parseLsn(options.targetLsn) });
  if (options.targetXid !== null) targets.push({ kind: "xid", xid: options.targetXid });
  if (options.targetName !== null) targets.push({ kind: "name", name: options.targetName });
  if (options.targetImmediate) targets.push({ kind: "immediate" });
  const isSet = word !== undefined && /^\d{8}-\d{6}[FI]$/.test(word);
  if (word !== undefined && word !== "latest" && !isSet) targets.push(requireTime(word));
  if (targets.length > 1) throw new SkytoolsError("WRONG_USE", "more than one target of recovery was given");
  return { target: targets[0] ?? { kind: "latest" }, set: isSet ? word : null };
}

/** @throws WRONG_USE also for data.master and its like, of the old walmgr */
function requireTime(word: string): RecoveryTarget {
  if (!Number.isNaN(Number.parseInt(word, 10))) return timeTarget(word);
  throw new SkytoolsError("WRONG_USE", `"${word}" is neither a backup nor a time`, {
    hint: "`listbackups` names the backups; `import` takes over those of the old walmgr",
  });
}

/** A directory that was named is never moved or deleted; slave_data is. */
export function existingData(
  { delta, backupDatadir }: { readonly delta: boolean; readonly backupDatadir: boolean },
  dest: string | null,
): ExistingData {
  if (delta) return "delta";
  if (dest !== null) return "refuse";
  return backupDatadir ? "move" : "delete";
}

export function parseTimeline(text: string | null): number | "latest" | "current" {
  if (text === null || text === "latest") return "latest";
  if (text === "current") return "current";
  const timeline = parseInteger(text);
  if (!Number.isSafeInteger(timeline) || timeline < 1) throw new SkytoolsError("WRONG_USE", `"${text}" is no timeline`);
  return timeline;
}

export function parseMap(text: string | null): Readonly<Record<string, string>> {
  const pairs = (text ?? "").split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new SkytoolsError("WRONG_USE", `"${pair}" is not like oid=/path`);
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}
