// Runs command lines of setadm inside the test, each for the node of one database.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setadm } from "../../src/cascade/index.ts";
import type { TestDatabase } from "./database.ts";
import { type ProgramResult, runHere } from "./run-program.ts";
import { temporaryFolder, type TemporaryFolder } from "./temporary-folder.ts";

export interface Setadm extends Disposable {
  /** `admin.run(database, "takeover", "node1")`. */
  run(database: Pick<TestDatabase, "name" | "url">, ...words: readonly string[]): Promise<ProgramResult>;
  /** The same, with what --json prints. */
  json(database: Pick<TestDatabase, "name" | "url">, ...words: readonly string[]): Promise<unknown>;
}

export function setadmFor(queue: string, lines: readonly string[] = []): Setadm {
  const folder: TemporaryFolder = temporaryFolder();
  const run: Setadm["run"] = async ({ name, url }, ...words) => {
    const ini = join(folder.path, `${name}.ini`);
    const text = ["[cascade_admin]", `node_db = ${url}`, `queue_name = ${queue}`, "job_name = admin", ...lines, ""];
    writeFileSync(ini, text.join("\n"));
    return await runHere(setadm, [ini, ...words]);
  };
  return {
    run,
    json: async (database, ...words) => {
      const { stdout, stderr } = await run(database, ...words, "--json");
      if (stdout === "") throw new Error(`setadm printed nothing: ${stderr}`);
      return JSON.parse(stdout) as unknown;
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** A connection string in the form that is stored as a node's location. */
export function locationOf({ name, url: text }: Pick<TestDatabase, "name" | "url">): string {
  const url = new URL(text);
  const parts = [`host=${url.hostname}`, `port=${url.port}`, `dbname=${name}`, `user=${url.username}`];
  return [...parts, ...(url.password === "" ? [] : [`password=${url.password}`])].join(" ");
}
