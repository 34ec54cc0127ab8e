// backup, expire, keep, info, listbackups: what makes, keeps and shows backups.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { formatTable, shortSize, type Terminal } from "../../print/index.ts";
import { defineOption } from "../../service/index.ts";
import {
  addedBytesOf,
  BACKUP_FOLDER,
  type BackupDescription,
  backupFormats,
  type BackupResult,
  compareAge,
  isDone,
  isSetName,
  listBackups,
  readBackup,
  takeBackup,
} from "../backup/index.ts";
import { formatMoment, segmentName, segmentOf } from "../formats/index.ts";
import { repositoryInfo, type RepositoryInfo } from "../info/index.ts";
import type { Repository } from "../repository/index.ts";
import { DirectoryStore } from "../store/index.ts";
import {
  expire,
  type ExpireOptions,
  type ExpireResult,
  pinBackup,
  unpinBackup,
  type Verdict,
} from "../retention/index.ts";
import { targetTimeMs } from "../restore/index.ts";
import { connectForBackup, parseChecksums, parseCompression, parseFormat, retentionRules } from "./backup-wishes.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { type EachResult, inEachRepository } from "./each-repository.ts";
import { notReally } from "./primary-commands.ts";
import { runShellCommand } from "./shell.ts";

const flag = (name: string, doc: string, programs: readonly string[]) =>
  defineOption({ name, type: "bool", default: false, programs, flagOnly: true, doc });

const backupFlags = {
  incremental: flag("incremental", "only what changed since the last backup (PostgreSQL 17 and newer)", ["backup"]),
  label: defineOption({
    name: "label",
    type: "text",
    programs: ["backup"],
    flagOnly: true,
    doc: "text for backup_label",
  }),
  format: defineOption({
    name: "format",
    type: "text",
    choices: [...backupFormats],
    programs: ["backup"],
    flagOnly: true,
    doc: "how this one is stored; default: backup_format",
  }),
  keepAll: flag("keep_all", "remove nothing afterwards", ["backup"]),
} as const;

const dryRunFlag = flag("dry_run", "show what would be removed, and remove nothing", ["expire"]);
const untilFlag = defineOption({
  name: "until",
  type: "text",
  programs: ["keep"],
  flagOnly: true,
  placeholder: "TIME",
  doc: "keep it until then; default: for good",
});
const releaseFlag = flag("release", "keep it no longer than the rules say", ["keep"]);

export const backupCommands = [
  walmgrCommand({
    name: "backup",
    summary: "take a base backup, check it, and remove what is not wanted any more",
    flags: backupFlags,
    examples: [
      { line: "conf.ini backup", doc: "a full one" },
      { line: "conf.ini backup --incremental", doc: "what changed since the last one" },
      { line: "conf.ini backup --format plain", doc: "as files, which are of use without walmgr" },
    ],
    async run(context) {
      const { options, environment, service, out, signal } = context;
      const { coding, serverCompression } = parseCompression(options.backupCompression, environment.coding.key);
      if (options.beforeBackup !== null) await runShellCommand(options.beforeBackup, "before_backup");
      const display = context.progress("backup");
      let result: BackupResult | null = null;
      try {
        result = await takeBackup({
          ...{ repositories: environment.repositories, keys: environment.keys, coding, serverCompression, signal },
          connect: () => connectForBackup(context),
          receiver: environment.local,
          type: options.incremental ? "incremental" : "full",
          ...(options.label === null ? {} : { label: options.label }),
          fast: options.backupCheckpoint === "fast",
          format: parseFormat(options.format ?? options.backupFormat),
          parallelObjects: options.parallelObjects,
          maxRateKilobytes: options.backupRate === null ? null : Math.floor(options.backupRate / 1024),
          manifestChecksums: parseChecksums(options.backupChecksums),
          wal: options.backupWal as "auto" | "wait" | "include",
          walTimeoutMs: options.backupWalTimeout,
          maxChain: options.maxIncrementals,
          configFiles: await configFiles(options.masterConfigFolder),
          clock: service.clock,
          log: service.log,
          onProgress: ({ doneBytes, totalBytes }) =>
            display.update({ done: doneBytes, total: totalBytes === 0 ? null : totalBytes, unit: "bytes" }),
        });
      } finally {
        display.stop();
        await afterBackup(context, result?.backup.set ?? null);
      }
      for (const note of result.notes) out.note(note);
      const { backup } = result;
      if (result.isClockAhead) out.note("nothing was removed: set the clock, or run `expire`");
      const expired =
        options.keepAll || result.isClockAhead ? null : await expireAll(context, { dryRun: false, made: backup.set });
      const added = hasChunks(backup) ? `, of which ${size(addedBytesOf(backup))} are new` : "";
      const sizes = `${size(backup.plainBytes)}, stored in ${size(backup.storedBytes)}${added}`;
      out.result({ ...backup, notes: result.notes }, `backup ${backup.set} (${backup.type}): ${sizes}`);
      expired?.rethrow();
      return undefined;
    },
  }),
  walmgrCommand({
    name: "expire",
    summary: "remove backups and WAL that no rule keeps",
    flags: { dryRun: dryRunFlag, notReally },
    async run(context) {
      const dryRun = context.options.dryRun || context.options.notReally;
      const { results, rethrow } = await expireAll(context, { dryRun });
      for (const note of results.flatMap(({ notes }) => notes)) context.out.note(note);
      context.out.result(results, () => results.map((one) => expireText(one, dryRun, context.out.terminal)).join("\n"));
      rethrow();
      return undefined;
    },
  }),
  walmgrCommand({
    name: "keep",
    summary: "keep a backup, and what it builds on, whatever the rules say",
    args: [{ name: "set", doc: "a backup of info" }],
    flags: { until: untilFlag, release: releaseFlag },
    examples: [{ line: "conf.ini keep 20261120-234457F --until 2027-01-01", doc: "until the new year" }],
    async run(context) {
      const { args, options, out, service, signal } = context;
      const [set = ""] = args;
      const untilMs = options.until === null ? null : targetTimeMs(options.until);
      if (untilMs !== null && untilMs <= service.clock.now()) {
        throw new SkytoolsError(
          "WRONG_USE",
          `${new Date(untilMs).toISOString()} is in the past: nothing would be kept`,
        );
      }
      const { results, rethrow } = await inEachRepository(context, async (repository) => {
        if ((await readBackup(repository.store, set)) === null) return false;
        if (options.release) await unpinBackup(repository.store, set);
        else await pinBackup(repository, { set, untilMs }, signal);
        return true;
      });
      if (!results.includes(true)) {
        rethrow();
        throw new SkytoolsError("BACKUP_NOT_FOUND", `there is no backup ${set}`);
      }
      out.done({ set, untilMs, isKept: !options.release }, options.release ? `${set} is not kept` : `${set} is kept`);
      rethrow();
      return undefined;
    },
  }),
  walmgrCommand({
    name: "info",
    summary: "show backups, WAL, and what can be restored",
    onlyReads: true,
    isWatchable: true,
    async run(context) {
      const { out, environment } = context;
      const { results, rethrow } = await inEachRepository(context, async (repository) =>
        repositoryInfo(repository, await environment.receiverFor(repository)),
      );
      out.result(results, () => results.map((info) => infoText(info, out.terminal)).join("\n\n"));
      rethrow();
      return undefined;
    },
  }),
  walmgrCommand({
    name: "listbackups",
    summary: "list the backups as walmgr always did: set, time, label, first WAL",
    onlyReads: true,
    async run(context) {
      const { out } = context;
      const { results, rethrow } = await inEachRepository(context, async (repository) => {
        await repository.identity(); // of another format it would seem to be empty
        return await listBackups(repository.store);
      });
      const backups = eachOnce(results.flat());
      out.result(backups, () => backupTable(backups, out.terminal));
      rethrow();
      return undefined;
    },
  }),
];

/** One of each name, oldest first: where it is finished, if it is anywhere. */
function eachOnce(backups: readonly BackupDescription[]): readonly BackupDescription[] {
  const found = new Map<string, BackupDescription>();
  for (const backup of backups) {
    const before = found.get(backup.set);
    if (before === undefined || (!isDone(before) && isDone(backup))) found.set(backup.set, backup);
  }
  return [...found.values()].sort(compareAge);
}

/** Its failure is no failure of the backup. */
async function afterBackup({ options, service }: PlainContext, set: string | null): Promise<void> {
  if (options.afterBackup === null) return;
  const variables = { WALMGR_SET: set ?? "", WALMGR_STATUS: set === null ? "failed" : "done" };
  await runShellCommand(options.afterBackup, "after_backup", { variables }).catch((error: unknown) =>
    service.log.error({ error }, "after_backup failed"),
  );
}

/** After a backup, and by itself; in each repository by itself. */
async function expireAll(
  context: PlainContext,
  { dryRun, made }: Pick<ExpireOptions, "dryRun" | "made">,
): Promise<EachResult<ExpireResult>> {
  const { options, environment, service, signal } = context;
  return await inEachRepository(context, async (repository) => {
    const rules = retentionRules(options);
    const { keepWalDays, expireGrace } = options;
    const common = { repository, rules, keepWalDays, graceMs: expireGrace, dryRun, made, clock: service.clock, signal };
    const { keys } = environment;
    const result = await expire({ ...common, keys, beforeRemoval: beforeRemoval(options.archiveCommand, repository) });
    for (const note of result.notes) service.log.warn({ repository: repository.description }, note);
    const { removedBackups: backups, removedSegments: segments, removedChunks: chunks } = result;
    if (backups.length + segments + chunks > 0 && !dryRun) {
      service.log.info({ backups, segments, chunks }, "removed what no rule keeps");
    }
    return result;
  });
}

/** The place is a directory where the repository is one, else the name of the backup below the repository's address. */
function beforeRemoval(command: string | null, { store, description }: Repository) {
  if (command === null) return undefined;
  return async ({ set }: BackupDescription): Promise<void> => {
    const name = `${BACKUP_FOLDER}/${set}`;
    const place = store instanceof DirectoryStore ? join(store.path, name) : `${description}/${name}`;
    await runShellCommand(command.replaceAll("$BACKUPDIR", place), "archive_command");
  };
}

function expireText(result: ExpireResult, dryRun: boolean, terminal: Terminal): string {
  const { verdicts, removedBackups, waitingBackups, removedSegments, removedChunks, freedBytes } = result;
  const fateOf = (set: string): string => {
    if (removedBackups.includes(set)) return dryRun ? "would go" : "removed";
    return waitingBackups.includes(set) ? "waits" : "stays";
  };
  const table = formatTable<Verdict>(
    [
      { title: "set", value: ({ backup }) => backup.set },
      { title: "fate", value: ({ backup }) => fateOf(backup.set) },
      { title: "why", value: ({ reasons }) => reasons.join(", ") },
    ],
    verdicts,
    terminal,
  );
  const chunks = removedChunks === 0 ? "" : `, ${removedChunks} chunks of backups`;
  return `${table}${removedSegments} WAL segments${chunks}, ${size(freedBytes)} ${dryRun ? "would be freed" : "freed"}`;
}

function hasChunks({ objects }: BackupDescription): boolean {
  return objects.some(({ form }) => form === "chunks");
}

function size(bytes: number): string {
  return shortSize(bytes) ?? "";
}

function infoText(info: RepositoryInfo, terminal: Terminal): string {
  const reach = info.reachLsn === null ? "nothing" : `${info.reachLsn} on timeline ${info.reachTimeline ?? 0}`;
  const from = info.reachableFromMs === null ? "" : ` from ${new Date(info.reachableFromMs).toISOString()} on`;
  const until = info.lastCommitMs === null ? "" : `, last commit ${formatMoment(info.lastCommitMs)}`;
  return [
    `${info.repository}: cluster ${info.systemId ?? "none"}, ${size(info.storedBytes)}`,
    backupTable(info.backups, terminal).trimEnd(),
    ...info.timelines.map(
      ({ timeline, ranges, segments, storedBytes }) =>
        `timeline ${timeline}: ${segments} segments, ${size(storedBytes)}: ${ranges.join("; ")}`,
    ),
    `recovery reaches ${reach}${from}${until}`,
    ...info.problems,
    ...(info.openGaps > 0 ? [`WAL is missing in ${info.openGaps} places`] : []),
  ].join("\n");
}

function backupTable(backups: readonly BackupDescription[], terminal: Terminal): string {
  const firstWal = ({ state, timeline, startLsn, segmentBytes }: BackupDescription): string =>
    state === "damaged" ? "" : segmentName({ timeline, number: segmentOf(startLsn, segmentBytes) }, segmentBytes);
  const added = { title: "new in it", value: (backup: BackupDescription) => size(addedBytesOf(backup)) };
  return formatTable<BackupDescription>(
    [
      { title: "set", value: ({ set }) => set },
      { title: "state", value: ({ state }) => state },
      { title: "started", value: ({ startedMs }) => new Date(startedMs).toISOString() },
      { title: "label", value: ({ label }) => label },
      { title: "first WAL", value: firstWal },
      { title: "builds on", value: ({ parent }) => parent ?? "" },
      { title: "size", value: ({ plainBytes }) => size(plainBytes) },
      { title: "stored", value: ({ storedBytes }) => size(storedBytes) },
      ...(backups.some(hasChunks) ? [added] : []),
    ],
    backups,
    terminal,
    "(no backups)",
  );
}

/** `*.conf` of a folder; none when it is not set. */
async function configFiles(
  folder: string | null,
): Promise<readonly { readonly name: string; readonly bytes: Uint8Array }[]> {
  if (folder === null) return [];
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((one) => !one.isDirectory() && one.name.endsWith(".conf")).map(({ name }) => name);
    return await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
  } catch (cause) {
    const message = `the configuration files in ${folder} cannot be read: ${reasonOf(cause)}`;
    throw new SkytoolsError("CONFIG_FILE", message, { hint: "see config_directory", cause });
  }
}

/** @throws WRONG_USE */
export function requireSet(text: string): string {
  if (isSetName(text)) return text;
  throw new SkytoolsError("WRONG_USE", `"${text}" is not the name of a backup`, { hint: "`info` lists them" });
}
