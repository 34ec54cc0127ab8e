// setup, stop, synch-standby, periodic: the primary's side. Nothing but ALTER SYSTEM changes its settings.
import { type Connection, PostgresError } from "../../postgres/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { defineOption } from "../../service/index.ts";
import {
  applySettings,
  describeChange,
  planSettings,
  requireConnected,
  settingsInFiles,
  standbyNames,
} from "../standby/index.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { makeDirectories } from "./environment.ts";
import { archiveCommand, isOwnArchiveCommand } from "./own-command.ts";
import { runPeriodic } from "./periodic.ts";
import { runShellCommand } from "./shell.ts";

export const notReally = defineOption({
  name: "not_really",
  type: "bool",
  default: false,
  short: "n",
  programs: ["walmgr"],
  flagOnly: true,
  doc: "say what would be done, change nothing",
});

const streamOnly = defineOption({
  name: "stream_only",
  type: "bool",
  default: false,
  programs: ["setup"],
  flagOnly: true,
  doc: "leave archive_command alone: `receive` gets the WAL",
});

type Changes = Readonly<Record<string, string>>;

/** Archiving that is on needs a command that succeeds, or WAL piles up. */
const DISCARD = "/bin/true";

export const primaryCommands = [
  walmgrCommand({
    name: "setup",
    summary: "prepare the primary: wal_level, archiving, and the directories here",
    flags: { notReally, streamOnly },
    examples: [{ line: "conf.ini setup --not-really", doc: "shows what would change" }],
    async run(context) {
      const { options, environment, service } = context;
      if (!options.notReally) await makeDirectories(environment);
      if (options.masterDb === null && options.primaryConninfo === null) {
        context.out.result({ changes: [] }, `${environment.localStore.path} is ready; no primary is configured here`);
        return undefined;
      }
      const command = archiveCommand(service, environment.localStore);
      const archiving = { archive_mode: "on", archive_command: command };
      const wanted = { wal_level: "replica", ...(options.streamOnly ? {} : archiving) };
      await change(context, () => wanted, options.notReally);
      return undefined;
    },
  }),
  walmgrCommand({
    name: "stop",
    summary: "end archiving on the primary and drop the receiver's slot; what is stored stays",
    flags: { notReally },
    async run(context) {
      const { environment, options, signal } = context;
      await change(context, (db) => endingOurs(context, db), options.notReally);
      if (options.notReally || environment.slot === null) return undefined;
      await using replication = await environment.connectReplication(signal);
      try {
        await replication.rows(`DROP_REPLICATION_SLOT "${environment.slot}"`);
      } catch (error) {
        if (!(error instanceof PostgresError)) throw error;
        if (error.sqlstate === "55006") throw slotInUse(environment.slot, error);
        if (error.sqlstate !== "42704") throw error;
      }
      return undefined;
    },
  }),
  walmgrCommand({
    name: "synch-standby",
    needsFile: false,
    summary: "set synchronous_standby_names, when enough of the names are connected",
    args: [{ name: "names", doc: "as the setting takes it: a, b; ANY 1 (a, b); *; empty: none" }],
    flags: { notReally },
    examples: [
      { line: 'conf.ini synch-standby "ANY 1 (standby1, walmgr_archive)"', doc: "one failure stops no commit" },
    ],
    async run(context) {
      const { environment, args, options, signal } = context;
      const [names = ""] = args;
      {
        await using db = await environment.connectPrimary(signal);
        await requireConnected(db, names);
      }
      await change(context, () => ({ synchronous_standby_names: names }), options.notReally);
      return undefined;
    },
  }),
  walmgrCommand({
    name: "periodic",
    summary: "run periodic_command when command_interval has passed since its last run",
    async run(context) {
      const isRun = await runPeriodic(context);
      context.out.result({ isRun }, isRun ? "periodic_command was run" : "nothing to do");
      return undefined;
    },
  }),
];

/** What ends our part in archiving and in synchronous commits. That of others stays, and is told. */
async function endingOurs({ environment, service }: PlainContext, db: Connection): Promise<Changes> {
  const set = await db.one<{ mode: string; command: string; names: string }>(
    `select pg_catalog.current_setting('archive_mode') as mode,
            pg_catalog.current_setting('archive_command') as command,
            pg_catalog.current_setting('synchronous_standby_names') as names`,
  );
  // While archiving is off, the server shows "(disabled)" in place of the command.
  const isOff = set.mode === "off";
  const command = isOff ? ((await settingsInFiles(db, ["archive_command"])).get("archive_command") ?? "") : set.command;
  const isOurs = isOwnArchiveCommand(service, environment.localStore, command);
  if (!isOurs && !["", DISCARD].includes(command)) {
    service.log.warn({ command }, "archive_command is not that of this configuration: it stays");
  }
  const waitsForUs = standbyNames(set.names).some((name) => isReceiver(name, environment.receiverName));
  if (!waitsForUs && set.names !== "") {
    service.log.warn({ names: set.names }, "synchronous_standby_names does not name the receiver: it stays");
  }
  return {
    // Without archiving nothing piles up, and whoever turns it on later must not lose WAL.
    ...(isOurs ? { archive_command: isOff ? "" : DISCARD } : {}),
    ...(waitsForUs ? { synchronous_standby_names: "" } : {}),
  };
}

/** One that stays, and is used no more, keeps WAL until the disk of the primary is full. */
function slotInUse(slot: string, cause: unknown): SkytoolsError {
  return new SkytoolsError("SAFETY_REFUSED", `the slot ${slot} is in use and stays: it keeps WAL on the primary`, {
    hint: "end `receive` (-s), then run this again",
    cause,
  });
}

function isReceiver(name: string, receiverName: string): boolean {
  return name === "*" || name.toLowerCase() === receiverName.toLowerCase();
}

async function change(
  context: PlainContext,
  wanted: (db: Connection) => Changes | Promise<Changes>,
  isDry: boolean,
): Promise<void> {
  const { environment, signal, options, out, service } = context;
  await using db = await environment.connectPrimary(signal);
  const changes = await planSettings(db, await wanted(db));
  const lines = changes.map(describeChange);
  if (isDry) {
    out.result({ changes, isDone: false }, lines.length === 0 ? "nothing would change" : lines.join("\n"));
    return;
  }
  const waiting = await applySettings(db, changes);
  if (waiting.length > 0 && options.masterRestartCmd !== null) {
    await runShellCommand(options.masterRestartCmd, "master_restart_cmd");
  } else if (waiting.length > 0) {
    service.log.warn({ settings: waiting }, "the primary must be restarted for the changed settings to count");
  }
  out.result({ changes, isDone: true }, lines.length === 0 ? "everything is set already" : lines.join("\n"));
}
