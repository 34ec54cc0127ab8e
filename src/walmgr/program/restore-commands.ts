// restore, restore-test, verify, check: getting data back, and knowing that it will work.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { getuid } from "node:process";
import { errnoOf, exitStatus, SkytoolsError, walmgrExit } from "../../errors/index.ts";
import { defineOption } from "../../service/index.ts";
import { check, checkExits, worstOf } from "../check/index.ts";
import { formatLsn } from "../formats/index.ts";
import {
  forgetRecovery,
  ownerOf,
  planRestore,
  readConfigFiles,
  requireIdentity,
  restore,
  type RestorePlan,
  type RestoreRequest,
  type RestoreResult,
  type TargetAction,
  targetActions,
  type WatchedRecovery,
  watchRecovery,
} from "../restore/index.ts";
import { findBin, requireBin } from "../site/index.ts";
import { DirectoryStore } from "../store/index.ts";
import { restoreTest, verify, type VerifyLevel, type VerifyResult } from "../verify/index.ts";
import { requireSet } from "./backup-commands.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { inEachRepository } from "./each-repository.ts";
import { restoreCommand } from "./own-command.ts";
import { notReally } from "./primary-commands.ts";
import { existingData, parseMap, parseTimeline, wishOf } from "./restore-wishes.ts";
import { runShellCommand } from "./shell.ts";

const programs = ["restore"];
const text = (name: string, doc: string, placeholder = "TEXT") =>
  defineOption({ name, type: "text", programs, flagOnly: true, doc, placeholder });
const yes = (name: string, doc: string) =>
  defineOption({ name, type: "bool", default: false, programs, flagOnly: true, doc });

const targetFlags = {
  targetTime: text("target_time", "recover to this moment; with a time zone, or it is UTC", "TIME"),
  targetLsn: text("target_lsn", "recover to this position", "LSN"),
  targetXid: text("target_xid", "recover to the end of this transaction", "XID"),
  targetName: text("target_name", "recover to a restore point", "NAME"),
  targetImmediate: yes("target_immediate", "recover only until the backup is consistent"),
} as const;

const restoreFlags = {
  ...targetFlags,
  notReally,
  targetExclusive: yes("target_exclusive", "stop just before the target"),
  targetAction: defineOption({
    name: "target_action",
    type: "text",
    choices: targetActions,
    default: "promote",
    programs,
    flagOnly: true,
    doc: "what the server does at the target",
  }),
  targetTimeline: text("target_timeline", "a number, latest or current; default: latest", "TIMELINE"),
  delta: yes("delta", "keep what is right in the directory, repair the rest"),
  dest: text("dest", "data directory; default: slave_data", "DIR"),
  tablespaceMap: text("tablespace_map", "new places of tablespaces: oid=/path,/old/path=/new/path", "LIST"),
  standby: yes("standby", "make a standby of it: standby.signal instead of a target"),
  keepArchiving: yes("keep_archiving", "leave archive_mode as it was: only when the old server is gone for good"),
  noStart: yes("no_start", "do not run slave_start_cmd"),
  noWait: yes("no_wait", "do not watch the recovery of the server that was started"),
} as const;

const levelFlag = defineOption({
  name: "level",
  type: "int",
  min: 1,
  max: 3,
  default: 2,
  programs: ["verify"],
  flagOnly: true,
  doc: "1: all objects are there; 2: they have the stored bytes; 3: their contents fit the manifests",
});
const discardFlag = defineOption({
  name: "discard",
  type: "bool",
  default: false,
  programs: ["verify"],
  flagOnly: true,
  doc: "remove damaged chunks of backups, so that the next backup stores them anew",
});
const binFlag = defineOption({
  name: "bin",
  type: "text",
  path: true,
  programs: ["restore-test"],
  flagOnly: true,
  placeholder: "DIR",
  doc: "folder of the program postgres; default: slave_bin, or where a server of the major is found",
});

export const restoreCommands = [
  walmgrCommand({
    name: "restore",
    summary: "restore a backup, and let its server recover to the end of the WAL or to a moment",
    args: [
      { name: "set", doc: "a backup of info, latest, or a time; default: the newest that fits", isOptional: true },
      { name: "directory", doc: "data directory, as --dest", isOptional: true },
    ],
    flags: restoreFlags,
    examples: [
      { line: "conf.ini restore", doc: "everything, to slave_data" },
      { line: "conf.ini restore --dest /srv/copy --target-time '2026-11-20 12:00+00'", doc: "a copy as of noon" },
    ],
    async run(context) {
      const { options, environment, service, args, out, signal } = context;
      const dest = options.dest ?? args[1] ?? null;
      const place = dest ?? options.slaveData;
      if (place === null) throw new SkytoolsError("WRONG_USE", "no data directory: set slave_data, or give --dest");
      const dataDirectory = resolve(place);
      // What the configuration says of the standby's server is true of no other directory.
      const isSlave = options.slaveData !== null && dataDirectory === resolve(options.slaveData);
      const { target, set } = wishOf(args[0], options);
      if (options.standby && target.kind !== "latest") {
        throw new SkytoolsError("WRONG_USE", "a standby goes on for ever: --standby takes no target");
      }
      const repository = await firstReachable(context);
      const request: RestoreRequest = {
        ...{ repository, keys: environment.keys, dataDirectory, target, set, signal },
        receiver: await environment.receiverFor(repository),
        existing: existingData(options, dest),
        stopServer: isSlave ? () => stopServer(options.slaveStopCmd, dataDirectory) : undefined,
        tablespaceMap: parseMap(options.tablespaceMap),
        walDirectory: isSlave ? options.slavePgXlog : null,
        inclusive: !options.targetExclusive,
        action: options.targetAction as TargetAction,
        timeline: parseTimeline(options.targetTimeline),
        standby: options.standby,
        keepArchiving: options.keepArchiving,
        restoreCommand: restoreCommand(service, environment.localStore, { partial: !options.standby }),
        ourUid: getuid?.() ?? null,
        clock: service.clock,
        log: service.log,
      };
      if (options.notReally) {
        const plan = await planRestore(request);
        out.result({ ...plan, isDone: false }, `${plan.chain.join(" + ")} would be ${reachText(plan)}`);
        return undefined;
      }
      const display = context.progress("restore");
      let result: RestoreResult;
      try {
        const onProgress: RestoreRequest["onProgress"] = ({ doneBytes, totalBytes }) =>
          display.update({ done: doneBytes, total: totalBytes, unit: "bytes" });
        result = await restore({ ...request, onProgress });
      } finally {
        display.stop();
      }
      await restoreConfigFiles(context, repository, result.set);
      for (const note of [...result.notes, ...configNotes(dataDirectory)]) out.note(note);
      const startCommand = isSlave && !options.noStart ? options.slaveStartCmd : null;
      const isStarted = startCommand !== null;
      if (isStarted) await runShellCommand(startCommand, "slave_start_cmd", { code: "RESTORE_FAILED" });
      const kept = result.keptFiles > 0 ? `, ${result.keptFiles} were right already` : "";
      const recovery = isStarted && !options.noWait ? await watch(context, dataDirectory) : null;
      if (recovery?.state === "open")
        await forgetRecovery(dataDirectory, await ownerOf(dataDirectory, getuid?.() ?? null));
      const next = nextText(isStarted, recovery);
      out.result(
        { ...result, isStarted, recovery },
        `${result.chain.join(" + ")} ${reachText(result, `${result.writtenFiles} files written${kept}; `)}; ${next}`,
      );
      return undefined;
    },
  }),
  walmgrCommand({
    name: "restore-test",
    summary: "prove a backup: restore it aside, start a server on it, look at the data, remove it again",
    args: [{ name: "set", doc: "a backup of info; default: the newest", isOptional: true }],
    flags: { ...targetFlags, bin: binFlag },
    async run(context) {
      const { options, environment, service, args, out, signal } = context;
      const { target, set } = wishOf(args[0], options);
      const repository = await firstReachable(context);
      const major = (await requireIdentity(repository)).majors.at(-1) ?? 0;
      const named = options.bin ?? options.slaveBin;
      const [, database, sql] = /^([^:\s]+)\s*:\s*([\s\S]+)$/.exec(options.testSql ?? "") ?? [];
      const result = await restoreTest({
        ...{ keys: environment.keys, target, set, signal },
        binDirectory: named === null ? await findBin(major) : await requireBin(named, major),
        repository,
        receiver: await environment.receiverFor(repository),
        scratch: options.testDirectory,
        restoreCommand: restoreCommand(service, environment.localStore, { partial: true }),
        user: options.testUser,
        ourUid: getuid?.() ?? null,
        timeoutMs: 24 * 3_600_000,
        checks: database === undefined || sql === undefined ? [] : [{ database, sql }],
        clock: service.clock,
        log: service.log,
      });
      const indexes =
        result.checkedIndexes === null ? "amcheck is not installed" : `${result.checkedIndexes} indexes are sound`;
      out.result(
        result,
        `${result.restored.set} was restored and recovered in ${Math.round(result.durationMs / 1000)} s; ` +
          `${result.databases} databases opened, ${indexes}`,
      );
      return undefined;
    },
  }),
  walmgrCommand({
    name: "verify",
    summary: "check that backups and WAL are there and undamaged",
    onlyReads: true,
    args: [{ name: "set", doc: "this backup alone", isOptional: true }],
    flags: { level: levelFlag, discard: discardFlag },
    async run(context) {
      const { options, environment, service, args, out, signal } = context;
      const set = args[0] === undefined ? null : requireSet(args[0]);
      const { discard, level } = { ...options, level: options.level as VerifyLevel };
      const { clock, log } = service;
      const { results, rethrow } = await inEachRepository(context, (repository) =>
        verify({ repository, keys: environment.keys, level, set, discard, clock, log, signal }),
      );
      const isBad = results.some(({ findings }) => findings.some(({ severity }) => severity === "bad"));
      out.result(results, () => results.map(verifyText).join("\n"));
      rethrow();
      return isBad ? walmgrExit.verification : exitStatus.done;
    },
  }),
  walmgrCommand({
    name: "check",
    summary: "is all well? for monitoring: 0 ok, 1 warning, 2 critical, 3 unknown",
    onlyReads: true,
    async run({ options, environment, service, out, signal }) {
      const lines = await check({
        repositories: environment.repositories,
        // On the primary of old files it is the place on the other computer.
        ...(existsSync(environment.localStore.path) ? { local: environment.local } : {}),
        connect: () => environment.connectPrimary(signal),
        warnBackupAgeMs: options.warnBackupAge,
        warnWalBytes: options.warnWalLag,
        receiverName: environment.receiverName,
        slot: environment.slot,
        keys: environment.keys,
        here: {
          local: environment.localStore.path,
          directories: [environment.localStore.path, ...directoriesOf(environment.repositories)],
          warnDiskPercent: options.warnDiskSpace,
          warnSpool: options.warnSpool,
          warnClockMs: options.warnClock,
        },
        clock: service.clock,
      });
      const status = worstOf(lines);
      const text = lines.map((line) => `${line.status.toUpperCase()} ${line.subject}: ${line.message}`);
      out.result({ status, lines }, () => [`WALMGR ${status.toUpperCase()}`, ...text].join("\n"));
      return checkExits[status];
    },
  }),
];

/** As where packages put it into /etc, and in what the old walmgr stored. */
function configNotes(dataDirectory: string): readonly string[] {
  if (existsSync(join(dataDirectory, "postgresql.conf"))) return [];
  const text = "there is no postgresql.conf in the data directory: the server must have it elsewhere";
  return [`${text}; slave_config_dir gets what was stored beside the backup`];
}

function reachText({ dataDirectory, reachLsn, timeline }: RestorePlan, done = ""): string {
  return `restored to ${dataDirectory}: ${done}WAL reaches ${formatLsn(reachLsn)} on timeline ${timeline}`;
}

async function watch(context: PlainContext, dataDirectory: string): Promise<WatchedRecovery> {
  const { environment, options, service, signal } = context;
  const display = context.progress("recovery");
  try {
    return await watchRecovery({
      dataDirectory,
      connect: () => environment.connectServerOf(dataDirectory, signal),
      logFile: options.slaveLog,
      clock: service.clock,
      signal,
      onProgress: (lsn) => service.log.debug({ lsn: formatLsn(lsn) }, "replayed"),
    });
  } finally {
    display.stop();
  }
}

function nextText(isStarted: boolean, recovery: WatchedRecovery | null): string {
  if (!isStarted) return "start its server to recover";
  if (recovery === null) return "its server was started";
  const { state, lsn, lastCommit } = recovery;
  const what = {
    open: "its server has recovered and takes writes",
    paused: "its server has recovered and waits at the target",
    standby: "its server is a standby that streams",
    ended: "its server has recovered and has shut down",
    unknown: "its server was started, and does not let us look at it",
  }[state];
  const where = lsn === null ? "" : `, at ${formatLsn(lsn)}`;
  return `${what}${where}${lastCommit === null ? "" : `, last commit ${lastCommit}`}`;
}

function directoriesOf(repositories: PlainContext["environment"]["repositories"]): readonly string[] {
  return repositories.flatMap(({ store }) => (store instanceof DirectoryStore ? [store.path] : []));
}

/** The first repository that answers; the others are not asked. */
async function firstReachable({ environment, service }: PlainContext) {
  let last: unknown = new SkytoolsError("WRONG_USE", "there is no repository");
  for (const repository of environment.repositories) {
    try {
      if ((await repository.identity()) !== null) return repository;
    } catch (error) {
      service.log.warn({ repository: repository.description, error }, "repository cannot be read");
      last = error;
    }
  }
  const [first] = environment.repositories;
  if (first !== undefined && last instanceof SkytoolsError && last.code === "WRONG_USE") return first;
  throw last;
}

async function stopServer(command: string | null, dataDirectory: string): Promise<void> {
  if (command === null) return;
  const isThere = await readFile(join(dataDirectory, "postmaster.pid")).then(
    () => true,
    () => false,
  );
  if (isThere) await runShellCommand(command, "slave_stop_cmd", { code: "RESTORE_FAILED" });
}

/** Where slave_config_dir is set: what was stored beside the backup and is not there yet. */
async function restoreConfigFiles(
  { options, environment }: PlainContext,
  { store }: Awaited<ReturnType<typeof firstReachable>>,
  set: string,
): Promise<void> {
  if (options.slaveConfigDir === null) return;
  for (const { name, bytes } of await readConfigFiles(store, set, environment.keys)) {
    const path = join(options.slaveConfigDir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { flag: "wx" }).catch((error: unknown) => {
      if (errnoOf(error) !== "EEXIST") throw error;
    });
  }
}

function verifyText({ level, findings, checkedBackups, checkedSegments, checkedBytes }: VerifyResult): string {
  const lines = findings.map(
    ({ severity, subject, message }) => `${severity === "bad" ? "DAMAGED" : "note"} ${subject}: ${message}`,
  );
  const counts = `${checkedBackups} backups, ${checkedSegments} WAL segments, ${checkedBytes} bytes looked at on level ${level}`;
  const isGood = !findings.some(({ severity }) => severity === "bad");
  return [...lines, `${isGood ? "all is well" : "there is damage"}: ${counts}`].join("\n");
}
