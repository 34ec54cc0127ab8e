// Where the programs of a server are: of a data directory, from what its server wrote down at its last start; of a major.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { SkytoolsError } from "../../errors/index.ts";

/** Folder of the programs; null when the server was never started, or its file is gone. */
export async function binOf(dataDirectory: string): Promise<string | null> {
  const options = await readFile(join(dataDirectory, "postmaster.opts"), "utf8").catch(() => "");
  const [program = ""] = options.trim().split(/\s+/);
  return program.startsWith("/") ? dirname(program) : null;
}

/**
 * Folder of the programs of a server of this major: in PATH, or where packages put it.
 * @throws WRONG_USE when there is none
 */
export async function findBin(major: number): Promise<string> {
  const folders = [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    ...(env["PATH"] ?? "").split(delimiter).filter(isAbsolute),
    "/usr/local/pgsql/bin",
    `/opt/homebrew/opt/postgresql@${major}/bin`,
  ];
  for (const folder of folders) if ((await majorOf(join(folder, "postgres"))) === major) return folder;
  throw new SkytoolsError("WRONG_USE", `no server program of PostgreSQL ${major} was found`, {
    hint: "install it here, or say where it is: slave_bin, or --bin",
  });
}

/** A folder that somebody has named, if the server of this major is there. @throws WRONG_USE */
export async function requireBin(folder: string, major: number): Promise<string> {
  const found = await majorOf(join(folder, "postgres"));
  if (found === major) return folder;
  const what = found === null ? "no program postgres that runs" : `a server of PostgreSQL ${found}, not of ${major},`;
  throw new SkytoolsError("WRONG_USE", `there is ${what} in ${folder}`, {
    hint: "look at slave_bin and --bin; without them it is looked for",
  });
}

/** Null: it is not there, or is something else. */
async function majorOf(program: string): Promise<number | null> {
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"]);
    const [, major] = /^postgres \(PostgreSQL\) (\d+)/.exec(stdout) ?? [];
    return major === undefined ? null : Number(major);
  } catch {
    return null;
  }
}

/** `pg_ctl` for it. */
export function controlCommand(bin: string, dataDirectory: string, what: "start" | "stop"): string {
  const mode = what === "stop" ? " -m fast" : ` -l ${join(dirname(dataDirectory), "postgresql.log")}`;
  return `${join(bin, "pg_ctl")} -w${mode} -D ${dataDirectory} ${what}`;
}
