// combine: a chain of backups becomes one full backup.
import { getuid } from "node:process";
import { SkytoolsError } from "../../errors/index.ts";
import { shortSize } from "../../print/index.ts";
import {
  combineBackup,
  type CombinePlan,
  type CombineRequest,
  type CombineResult,
  planCombine,
} from "../combine/index.ts";
import type { StoreRepository } from "../repository/index.ts";
import { requireSet } from "./backup-commands.ts";
import { parseCompression, parseFormat } from "./backup-wishes.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { inEachRepository } from "./each-repository.ts";
import { notReally } from "./primary-commands.ts";

export const combineCommand = walmgrCommand({
  name: "combine",
  summary: "make one full backup of an incremental one and all that it builds on, so that these can expire",
  args: [{ name: "set", doc: "an incremental backup of info; default: the newest", isOptional: true }],
  flags: { notReally },
  examples: [
    { line: "conf.ini combine", doc: "the newest incremental backup" },
    { line: "conf.ini combine 20261121-010000I --not-really", doc: "what that would take" },
  ],
  async run(context) {
    const { args, options, out } = context;
    const set = args[0] === undefined ? null : requireSet(args[0]);
    if (options.notReally) {
      const { results, rethrow } = await whereverItIs(context, set, planCombine);
      out.result(results, () => results.map((plan) => planText(plan, options.testDirectory)).join("\n"));
      rethrow();
      return undefined;
    }
    const display = context.progress("combine");
    const onProgress: CombineRequest["onProgress"] = ({ doneBytes, totalBytes }) =>
      display.update({ done: doneBytes, total: totalBytes, unit: "bytes" });
    const { results, rethrow } = await whereverItIs(context, set, (request) =>
      combineBackup({ ...request, onProgress }),
    ).finally(() => display.stop());
    out.result(results, () => results.map(resultText).join("\n"));
    rethrow();
    return undefined;
  },
});

/** A repository that was added later may lack the backup: it only counts when none has it. */
async function whereverItIs<T>(
  context: PlainContext,
  set: string | null,
  work: (request: CombineRequest) => Promise<T>,
): Promise<{ readonly results: readonly T[]; readonly rethrow: () => void }> {
  const { options, environment, service, signal } = context;
  const { coding } = parseCompression(options.backupCompression, environment.coding.key);
  const common = {
    ...{ set, coding, format: parseFormat(options.backupFormat), parallelObjects: options.parallelObjects },
    ...{ keys: environment.keys, scratch: options.testDirectory, ourUid: getuid?.() ?? null },
  };
  const missing: unknown[] = [];
  const attempt = async (repository: StoreRepository): Promise<T | null> => {
    try {
      return await work({ ...common, repository, clock: service.clock, log: service.log, signal });
    } catch (error) {
      if (!(error instanceof SkytoolsError) || error.code !== "BACKUP_NOT_FOUND") throw error;
      missing.push(error);
      return null;
    }
  };
  const { results, rethrow } = await inEachRepository(context, attempt);
  const done = results.filter((result) => result !== null);
  if (done.length === 0) {
    rethrow();
    throw missing[0];
  }
  return { results: done, rethrow };
}

function planText({ repository, chain, combined, plainBytes, scratchBytes, freeBytes }: CombinePlan, scratch: string) {
  if (combined !== null) return `${repository}: ${chain.join(" + ")} is ${combined}, which is there already`;
  const room = `needs ${size(scratchBytes)} or more in ${scratch}, where ${size(freeBytes)} are free`;
  return `${repository}: ${chain.join(" + ")} would become a full backup of about ${size(plainBytes)}; ${room}`;
}

function resultText({ repository, chain, backup, isNew, moved }: CombineResult): string {
  const what = `${repository}: ${chain.join(" + ")} ${isNew ? "is now" : "was combined before, as"} ${backup.set} (full)`;
  const later =
    moved.length === 0
      ? ""
      : `; ${moved.join(", ")} built on it and build${moved.length === 1 ? "s" : ""} on the full one now`;
  return `${what}: ${size(backup.plainBytes)}, stored in ${size(backup.storedBytes)}${later}`;
}

function size(bytes: number): string {
  return shortSize(bytes) ?? "";
}
