// createslave, resurrect, promote, pause, continue: the standby's side.
import { getuid } from "node:process";
import type { Clock } from "../../clock/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { defineOption } from "../../service/index.ts";
import { servingPartials } from "../archive/index.ts";
import { takeBackup } from "../backup/index.ts";
import type { Lsn } from "../formats/index.ts";
import type { StoreRepository } from "../repository/index.ts";
import { refuseRunning, restore, type RestoreResult } from "../restore/index.ts";
import { askServer, ensureSlot, restartOf } from "../receive/index.ts";
import { Spool } from "../spool/index.ts";
import {
  backupForStandby,
  isPrimaryAlive,
  type KeptWal,
  knownEnd,
  promote,
  type PromoteOptions,
  standbyPlace,
} from "../standby/index.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { conninfoWithoutPassword } from "./environment.ts";
import { restoreCommand } from "./own-command.ts";
import { runShellCommand } from "./shell.ts";

const force = defineOption({
  name: "force",
  type: "bool",
  default: false,
  programs: ["promote"],
  flagOnly: true,
  doc: "also when WAL would be lost, or the old primary still answers",
});

const timeout = defineOption({
  name: "timeout",
  type: "duration",
  programs: ["walmgr"],
  flagOnly: true,
  doc: "give up after so long",
});

const DEFAULT_TIMEOUT_MS = 60_000;
const PAUSE_MS = 300;
/** Also after a signal. */
const DROP_LIMIT_MS = 2_000;

export const standbyCommands = [
  walmgrCommand({
    name: "createslave",
    summary: "make a standby in slave_data: slot, backup, settings, start",
    flags: { timeout },
    async run(context) {
      await makeStandby(context, { existing: "move", timeoutMs: context.options.timeout });
      return undefined;
    },
  }),
  walmgrCommand({
    name: "resurrect",
    summary: "bring a stopped old primary back as a standby: only what differs from a backup is written again",
    flags: { timeout },
    async run(context) {
      await makeStandby(context, { existing: "delta", timeoutMs: context.options.timeout });
      return undefined;
    },
  }),
  walmgrCommand({
    name: "promote",
    oldNames: ["boot"],
    summary: "make the standby the primary",
    flags: { force, timeout },
    async run(context) {
      const { environment, options, signal, service, out } = context;
      await using standby = await environment.connectStandby(signal);
      const { fenceCmd } = options;
      const hosts = environment.primaryHosts(signal);
      const wish: PromoteOptions = {
        standby,
        knownLsn: await knownLsn(context, standby),
        isPrimaryAlive: () => isPrimaryAlive(hosts, service.log),
        fence: fenceCmd === null ? null : () => runShellCommand(fenceCmd, "fence_cmd"),
        isForced: options.force,
        timeoutMs: options.timeout ?? DEFAULT_TIMEOUT_MS,
        clock: service.clock,
        signal,
      };
      const { timeline } = await servingPartials(environment.localStore.path, () => promote(wish));
      const { names } = await standby.one<{ names: string }>(
        "select pg_catalog.current_setting('synchronous_standby_names') as names",
      );
      if (names !== "") service.log.warn({ names }, "commits wait for synchronous standbys: are they there?");
      out.result({ timeline }, `the standby is the primary now, on timeline ${timeline}; let receive connect to it`);
      return undefined;
    },
  }),
  walmgrCommand({
    name: "pause",
    summary: "let the standby stop replaying; it goes on receiving",
    async run({ environment, signal, out }) {
      await using standby = await environment.connectStandby(signal);
      await standby.execute("select pg_catalog.pg_wal_replay_pause()");
      out.result({ isPaused: true }, "replay is paused");
      return undefined;
    },
  }),
  walmgrCommand({
    name: "continue",
    summary: "let the standby replay again",
    async run({ environment, signal, out }) {
      await using standby = await environment.connectStandby(signal);
      await standby.execute("select pg_catalog.pg_wal_replay_resume()");
      out.result({ isPaused: false }, "replay goes on");
      return undefined;
    },
  }),
];

async function makeStandby(
  context: PlainContext,
  { existing, timeoutMs }: { readonly existing: "move" | "delta"; readonly timeoutMs: number | null },
): Promise<void> {
  const { environment, options, service, signal, out } = context;
  const { slaveData, slaveStartCmd } = options;
  const target = options.primaryConninfo ?? options.masterDb;
  if (slaveData === null || target === null) {
    throw new SkytoolsError("CONFIG_FILE", "the configuration needs slave_data and primary_conninfo");
  }
  refuseRunning(slaveData); // before there is a slot or a backup
  const slot = `${environment.slot ?? "walmgr"}_standby`.slice(-63);
  const [repository] = environment.repositories;
  if (repository === undefined) throw new SkytoolsError("CONFIG_FILE", "there is no repository");
  // The slot comes before the backup is chosen: from now on no WAL is lost that the standby will need.
  const { isNewSlot, ...kept } = await keepWal(context, repository, slot);
  const write = async (): Promise<RestoreResult> =>
    await restore({
      repository,
      set: (await backupForStandby(repository, kept)) ?? (await backupNow(context)),
      keys: environment.keys,
      dataDirectory: slaveData,
      existing,
      walDirectory: options.slavePgXlog,
      standby: true,
      settings: { primary_conninfo: conninfoWithoutPassword(target), primary_slot_name: slot },
      restoreCommand: restoreCommand(service, environment.localStore, { partial: false }),
      ourUid: getuid?.() ?? null,
      clock: service.clock,
      log: service.log,
      signal,
    });
  const result = await write().catch(async (error: unknown) => {
    if (isNewSlot) await dropUnused(context, slot);
    throw error;
  });
  if (slaveStartCmd === null) {
    out.result({ set: result.set, isStarted: false }, `${slaveData} is a standby now; start its server`);
    return;
  }
  await runShellCommand(slaveStartCmd, "slave_start_cmd");
  await untilStreaming(context, service.clock, timeoutMs ?? DEFAULT_TIMEOUT_MS);
  out.result({ set: result.set, isStarted: true }, `the standby in ${slaveData} streams from the primary`);
}

/** No standby was made that would use it: it would keep WAL until the disk of the primary is full. */
async function dropUnused({ environment, service }: PlainContext, slot: string): Promise<void> {
  try {
    await using replication = await environment.connectReplication(AbortSignal.timeout(DROP_LIMIT_MS));
    await replication.dropSlot(slot);
  } catch (error) {
    const text =
      "the slot that was made for the standby stays and keeps WAL on the primary: drop it, or give the command again";
    service.log.warn({ slot, error }, text);
  }
}

/** Makes the slot of the standby. The receiver's keeps WAL too. @throws REPOSITORY_FOREIGN */
async function keepWal(
  { environment, signal }: PlainContext,
  repository: StoreRepository,
  slot: string,
): Promise<KeptWal & { readonly isNewSlot: boolean }> {
  await using replication = await environment.connectReplication(signal);
  await repository.enroll(await askServer(replication));
  const { restart, isNew: isNewSlot } = await ensureSlot(replication, slot);
  const { timeline, flushLsn } = await askServer(replication);
  const receivers = environment.slot === null ? null : await restartOf(replication, environment.slot);
  const positions = [restart, receivers].flatMap((one) => (one === null ? [] : [one.lsn]));
  return { isNewSlot, timeline, oldestLsn: positions.reduce((a, b) => (b < a ? b : a), flushLsn) };
}

async function backupNow({ environment, service, signal }: PlainContext): Promise<string> {
  service.log.info({}, "no backup is there whose WAL leads to that of the primary: taking one");
  const connect = () => environment.connectReplication(signal);
  const { coding, keys, local: receiver, repositories } = environment;
  const { clock, log } = service;
  const { backup } = await takeBackup({
    repositories,
    connect,
    receiver,
    type: "full",
    coding,
    keys,
    clock,
    log,
    signal,
  });
  return backup.set;
}

async function untilStreaming({ environment, signal }: PlainContext, clock: Clock, timeoutMs: number): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    let why = "no WAL receiver is at work";
    const isStreaming = await environment.connectStandby(signal).then(streams, (error: unknown) => {
      why = reasonOf(error);
      return false;
    });
    if (isStreaming) return;
    if (signal.aborted) {
      throw new SkytoolsError("ABORTED", "stopped by a signal; the standby was started and goes on by itself");
    }
    if (clock.now() > deadline) {
      throw new SkytoolsError("SAFETY_REFUSED", `the standby was started but does not stream: ${why}`, {
        hint: "its log may say more; it goes on trying",
      });
    }
    await clock.sleep(PAUSE_MS, signal);
  }
}

async function streams(standby: Connection): Promise<boolean> {
  await using db = standby;
  // Without the rights of pg_monitor the row is there and its columns are null.
  const rows = await db.query(
    "select 1 from pg_catalog.pg_stat_wal_receiver where coalesce(status, 'streaming') = 'streaming'",
  );
  return rows.length > 0;
}

/** What the repositories have, and what was begun or not brought there yet here. */
async function knownLsn({ environment, service }: PlainContext, standby: Connection): Promise<Lsn | null> {
  const place = await standbyPlace(standby);
  const { local, localStore } = environment;
  let best: Lsn | null = null;
  for (const repository of new Set([local, ...environment.repositories])) {
    try {
      const end = await knownEnd(repository, place, repository === local ? Spool.both(localStore) : []);
      if (end !== null && (best === null || end > best)) best = end;
    } catch (error) {
      if (!(error instanceof SkytoolsError)) throw error;
      service.log.warn({ error, repository: repository.description }, "cannot tell what WAL is stored there");
    }
  }
  return best;
}
