// init-master, init-slave, cleanup: configuration files are written, and everything of a site is removed again.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { errnoOf, SkytoolsError } from "../../errors/index.ts";
import { defineOption, expandHome } from "../../service/index.ts";
import { withLeases } from "../repository/index.ts";
import { refuseRunning } from "../restore/index.ts";
import {
  addAuthorizedKey,
  addPassword,
  binOf,
  controlCommand,
  masterFile,
  removeAuthorizedKeys,
  removePassword,
  slaveFile,
} from "../site/index.ts";
import { type PlainContext, walmgrCommand } from "./command.ts";
import { notReally } from "./primary-commands.ts";

const flag = (name: string, doc: string, placeholder = "FILE") =>
  defineOption({ name, type: "text", programs: ["init-master", "init-slave"], flagOnly: true, doc, placeholder });
const yes = (name: string, doc: string) =>
  defineOption({ name, type: "bool", default: false, programs: ["cleanup"], flagOnly: true, doc });

const placeFlags = {
  notReally,
  pgdata: flag("pgdata", "data directory; default: PGDATA", "DIR"),
  configDir: flag("config_dir", "where the file is written; default: ~/conf", "DIR"),
} as const;

const home = (path: string): string => expandHome(path);
const AUTHORIZED_KEYS = "~/.ssh/authorized_keys";
const PGPASS = "~/.pgpass";
const KEY = "~/.ssh/id_ed25519";

export const initCommands = [
  walmgrCommand({
    name: "init-master",
    summary: "write the configuration file of the primary's side",
    needsFile: false,
    flags: { ...placeFlags, sshKeygen: yes("ssh_keygen", "make a key for ssh, when there is none") },
    examples: [{ line: "init-master --slave backup1 --pgdata /srv/main", doc: "~/conf/wal-master.ini" }],
    async run(context) {
      const { options, out } = context;
      if (options.slave === null) throw new SkytoolsError("WRONG_USE", "give the host of the other side: --slave HOST");
      const pgdata = pgdataOf(context, options.pgdata);
      const masterDb = options.masterDb ?? "dbname=template1";
      const [path, jobName] = [configPath(options.configDir, "wal-master"), "wal-master"];
      const configDirectory = dirname(path);
      const text = masterFile({ jobName, configDirectory, pgdata, slave: options.slave, masterDb });
      await writeNew(context, path, text, options.notReally);
      if (options.sshKeygen && !options.notReally) out.note(`public key: ${await makeKey()}`);
      return undefined;
    },
  }),
  walmgrCommand({
    name: "init-slave",
    summary: "write the configuration file of the standby's side",
    needsFile: false,
    flags: {
      ...placeFlags,
      sshAddKey: flag("ssh_add_key", "public key that may log in here"),
      addPassword: flag("add_password", "its first line is the password for primary_conninfo, for ~/.pgpass"),
    },
    examples: [
      {
        line: "init-slave --pgdata /srv/standby --primary-conninfo 'host=db1 user=backup'",
        doc: "~/conf/wal-slave.ini",
      },
    ],
    async run(context) {
      const { options } = context;
      const { primaryConninfo } = options;
      const pgdata = pgdataOf(context, options.pgdata);
      const bin = options.slaveBin ?? (await binOf(pgdata));
      const control = (what: "start" | "stop") => (bin === null ? null : controlCommand(bin, pgdata, what));
      const text = slaveFile({
        ...{ jobName: "wal-slave", pgdata, bin, primaryConninfo },
        startCommand: options.slaveStartCmd ?? control("start"),
        stopCommand: options.slaveStopCmd ?? control("stop"),
      });
      await writeNew(context, configPath(options.configDir, "wal-slave"), text, options.notReally);
      if (options.notReally) return undefined;
      if (options.sshAddKey !== null) await addAuthorizedKey(home(AUTHORIZED_KEYS), options.sshAddKey);
      if (options.addPassword !== null) {
        if (primaryConninfo === null) throw new SkytoolsError("WRONG_USE", "a password needs --primary-conninfo");
        await addPassword(home(PGPASS), primaryConninfo, options.addPassword);
      }
      return undefined;
    },
  }),
  walmgrCommand({
    name: "cleanup",
    summary: "remove walmgr_data with all that is stored there, data directories that were moved aside, and the file",
    flags: {
      notReally,
      sshRemoveKey: flag("ssh_remove_key", "lines of authorized_keys with this text go", "TEXT"),
      removePassword: yes("remove_password", "the line of primary_conninfo in ~/.pgpass goes"),
    },
    async run(context) {
      const { options, environment, out, service, signal } = context;
      const file = service.config.get("config_file");
      const isMaster = options.masterData !== null;
      const paths = isMaster ? [] : await remainsOf(environment.localStore.path, options.slaveData);
      const all = [...paths, file];
      if (options.notReally) {
        out.result({ paths: all, isDone: false }, all.map((path) => `would remove ${path}`).join("\n"));
        return undefined;
      }
      // Nobody may be at work there.
      const used = { repositories: isMaster ? [] : [environment.local], names: ["receive", "backup"], signal };
      await withLeases(used, () => Promise.resolve());
      service.log.info({ paths }, "cleaning up");
      for (const path of all) await rm(path, { recursive: true, force: true });
      const { sshRemoveKey, primaryConninfo } = options;
      if (sshRemoveKey !== null) await removeAuthorizedKeys(home(AUTHORIZED_KEYS), sshRemoveKey);
      if (options.removePassword && primaryConninfo !== null) await removePassword(home(PGPASS), primaryConninfo);
      out.result({ paths: all, isDone: true }, all.map((path) => `removed ${path}`).join("\n"));
      return undefined;
    },
  }),
];

function pgdataOf({ service }: PlainContext, given: string | null): string {
  const path = given ?? service.env["PGDATA"] ?? null;
  if (path === null) throw new SkytoolsError("WRONG_USE", "where is the data directory? give --pgdata, or set PGDATA");
  return resolve(home(path));
}

function configPath(directory: string | null, jobName: string): string {
  return join(resolve(home(directory ?? "~/conf")), `${jobName}.ini`);
}

/** @throws SAFETY_REFUSED when there is one */
async function writeNew({ out }: PlainContext, path: string, text: string, isDry: boolean): Promise<void> {
  if (isDry) {
    out.result({ path, text, isDone: false }, `would write ${path}:\n${text}`);
    return;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    throw new SkytoolsError("SAFETY_REFUSED", `${path} is there already`, { hint: "remove it, or give --config-dir" });
  }
  out.result({ path, isDone: true }, `${path} is written; next: \`walmgr ${path} setup\``);
}

/** The public key. */
async function makeKey(): Promise<string> {
  const path = home(KEY);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
  return (await readFile(`${path}.pub`, "utf8")).trim();
}

/** What this side has made. @throws SAFETY_REFUSED when it is something else, or a server runs there */
async function remainsOf(walmgrData: string, slaveData: string | null): Promise<readonly string[]> {
  const names = await readdir(walmgrData).catch(() => []);
  const ours = ["repo.json", "logs.complete", "spool", "lock", "wal", "backup"];
  if (names.length > 0 && !names.some((name) => ours.includes(name))) {
    throw new SkytoolsError("SAFETY_REFUSED", `${walmgrData} does not look like a directory of walmgr`, {
      hint: "remove it by hand, if it is the right one",
    });
  }
  if (slaveData === null) return [walmgrData];
  const folder = dirname(slaveData);
  const pattern = /^\.\d+$/;
  const old = (await readdir(folder).catch(() => [])).filter(
    (name) => name.startsWith(basename(slaveData)) && pattern.test(name.slice(basename(slaveData).length)),
  );
  const moved = old.map((name) => join(folder, name));
  for (const path of moved) refuseRunning(path);
  return [walmgrData, ...moved];
}
