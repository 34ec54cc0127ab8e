// Where the programs of a data directory are, from what its server wrote down at its last start.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Folder of the programs; null when the server was never started, or its file is gone. */
export async function binOf(dataDirectory: string): Promise<string | null> {
  const options = await readFile(join(dataDirectory, "postmaster.opts"), "utf8").catch(() => "");
  const [program = ""] = options.trim().split(/\s+/);
  return program.startsWith("/") ? dirname(program) : null;
}

/** `pg_ctl` for it. */
export function controlCommand(bin: string, dataDirectory: string, what: "start" | "stop"): string {
  const mode = what === "stop" ? " -m fast" : ` -l ${join(dirname(dataDirectory), "postgresql.log")}`;
  return `${join(bin, "pg_ctl")} -w${mode} -D ${dataDirectory} ${what}`;
}
