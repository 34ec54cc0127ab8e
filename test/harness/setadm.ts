// Runs command lines of setadm inside the test, each for the node of one database.
import { EventEmitter } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setadm } from "../../src/cascade/index.ts";
import { systemClock } from "../../src/clock/index.ts";
import { runProgram } from "../../src/service/index.ts";
import type { TestDatabase } from "./database.ts";
import { temporaryFolder, type TemporaryFolder } from "./temporary-folder.ts";

export interface SetadmResult {
  readonly status: number;
  readonly out: string;
  /** The log. */
  readonly err: string;
}

export interface Setadm extends Disposable {
  /** `admin.run(database, "takeover", "node1")`. */
  run(database: Pick<TestDatabase, "name" | "url">, ...words: readonly string[]): Promise<SetadmResult>;
  /** The same, with what --json prints. */
  json(database: Pick<TestDatabase, "name" | "url">, ...words: readonly string[]): Promise<unknown>;
}

export function setadmFor(queue: string, lines: readonly string[] = []): Setadm {
  const folder: TemporaryFolder = temporaryFolder();
  const run: Setadm["run"] = async ({ name, url }, ...words) => {
    const ini = join(folder.path, `${name}.ini`);
    const text = ["[cascade_admin]", `node_db = ${url}`, `queue_name = ${queue}`, "job_name = admin", ...lines, ""];
    writeFileSync(ini, text.join("\n"));
    let out = "";
    let err = "";
    const status = await runProgram(setadm, [ini, ...words], {
      stdout: { write: (more: string) => (out += more) },
      stderr: { write: (more: string) => (err += more) },
      env: {},
      process: Object.assign(new EventEmitter(), { exit: () => undefined as never, pid: process.pid }),
      clock: systemClock,
    });
    return { status, out, err };
  };
  return {
    run,
    json: async (database, ...words) => {
      const { out, err } = await run(database, ...words, "--json");
      if (out === "") throw new Error(`setadm printed nothing: ${err}`);
      return JSON.parse(out) as unknown;
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
