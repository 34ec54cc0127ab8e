// Debian's pgqd with a configuration file of its own, at a pace for tests.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pgqdProgram } from "../harness/debian-packages.ts";
import type { Cluster } from "../../src/testing/index.ts";
import { startProgram } from "./program.ts";
import { scratchFolder } from "./scratch.ts";

export interface Pgqd {
  /** What it has logged. */
  log(): string;
  /** Clean stop. @returns the log lines that are errors or warnings */
  stop(): Promise<readonly string[]>;
}

/** databases: a fixed list, or "discover" to let it find them. */
export function startPgqd(cluster: Cluster, databases: readonly string[] | "discover"): Pgqd {
  const ini = join(scratchFolder(), "pgqd.ini");
  writeFileSync(
    ini,
    [
      "[pgqd]",
      `base_connstr = host=${cluster.host} port=${cluster.port} user=postgres`,
      databases === "discover" ? "initial_database = postgres" : `database_list = ${databases.join(", ")}`,
      "syslog = 0",
      "check_period = 0.2",
      "ticker_period = 0.05",
      "maint_period = 0.2",
      "retry_period = 0.2",
      "",
    ].join("\n"),
  );
  const program = startProgram(pgqdProgram, ["-v", ini]);
  return {
    log: () => program.output(),
    async stop() {
      await program.stop("SIGINT");
      return program
        .output()
        .split("\n")
        .filter((line) => / (FATAL|ERROR|WARNING) /.test(line));
    },
  };
}
