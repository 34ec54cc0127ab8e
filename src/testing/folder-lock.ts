// One owner a folder: two development servers that are started at once cannot both get it.
import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { SkytoolsError } from "../errors/index.ts";
import { acquirePidfile, type Pidfile, readPidfile } from "../service/index.ts";
import { readIfThere } from "./server-process.ts";

const FILE = "owner.pid";

/** Takes the folder for this process. @throws FOLDER_IN_USE, PIDFILE when it cannot be written */
export function lockFolder(directory: string): Pidfile {
  const path = join(directory, FILE);
  const old = readPidfile(path);
  if (old.kind === "garbage" || (old.kind === "running" && isStranger(old.pid))) rmSync(path, { force: true });
  try {
    return acquirePidfile(path);
  } catch (error) {
    const now = readPidfile(path);
    if (now.kind !== "running") throw error;
    throw folderInUse(directory, now.pid, error);
  }
}

export function folderInUse(directory: string, pid: number, cause?: unknown): SkytoolsError {
  const port =
    readIfThere(join(directory, "data", "postmaster.pid"))
      .split("\n")[3]
      ?.trim() ?? "";
  const where = port === "" ? "" : `, at port ${port}`;
  return new SkytoolsError("FOLDER_IN_USE", `a server is running on ${directory} already (process ${pid})${where}`, {
    hint: "use that one, stop it, or give another folder with --data and another --port",
    cause,
  });
}

/** After a crash of the machine the number may belong to anybody. Where /proc does not tell, it is believed. */
function isStranger(pid: number): boolean {
  const commandLine = readIfThere(`/proc/${pid}/cmdline`);
  return commandLine !== "" && !commandLine.includes(basename(process.execPath));
}
