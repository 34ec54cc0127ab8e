// The product's own ticker in a run: the built command, with a file and a pidfile, as an operator starts it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/pgq/index.ts";
import { until } from "../../harness/until.ts";
import { type Actor, startActor } from "./actor.ts";
import type { Stage } from "./stage.ts";

export interface PgqdActor extends Actor {
  /** Reloads a file with a mistake, which must not change anything, and then the right one. */
  misconfigure(): Promise<void>;
}

const RELOAD_MS = 10_000;

/** databases: a fixed list, or null to let it find them. */
export function startPgqd(stage: Stage, name: string, databases: readonly string[] | null): PgqdActor {
  const file = join(stage.folder, `${name}.ini`);
  const ini = [
    "[pgqd]",
    `base_connstr = host=127.0.0.1 port=${stage.source.proxy.port} user=postgres`,
    databases === null ? "initial_database = postgres" : `database_list = ${databases.join(", ")}`,
    `pidfile = ${join(stage.folder, `${name}.pid`)}`,
    "check_period = 1",
    "maint_period = 0.3",
    "retry_period = 0.2",
    "statement_timeout = 3",
    "",
  ].join("\n");
  writeFileSync(file, ini);
  const actor = startActor(stage, {
    name,
    program: join(packageRoot(), "dist", "src", "cli", "pgqd.js"),
    args: [file],
    readyText: "Starting pgqd",
  });
  const untilSaid = (text: string): Promise<unknown> =>
    until(() => actor.output().includes(text), { timeoutMs: RELOAD_MS, what: `${name}: ${text}` });

  return {
    ...actor,
    async misconfigure() {
      writeFileSync(file, ini.replace("check_period", "check_perod"));
      try {
        if (actor.signal("SIGHUP")) await untilSaid("the old one stays");
      } catch (error) {
        stage.problem(`${String(error)}: ${actor.output()}`);
      } finally {
        writeFileSync(file, ini);
        actor.signal("SIGHUP");
      }
    },
  };
}
