// The command line of pgqd, with the exit statuses of pgqd 3.5.
import { exitStatus, SkytoolsError } from "../errors/index.ts";
import { processWorld, type ProgramWorld, runProgram } from "../service/index.ts";
import { pgqd } from "./program.ts";

/** Variables of which one says which server is meant. */
const SERVER_VARIABLES = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGUSER", "SKYTOOLS_BASE_CONNSTR"];

/** Runs pgqd with the words after its name; returns the exit status. Never throws. */
export async function runPgqd(argv: readonly string[], world: ProgramWorld = processWorld()): Promise<number> {
  if (!isConfigured(argv, world.env)) {
    const hint = `pgqd --ini prints one; without a file, set --base-connstr or one of ${SERVER_VARIABLES.join(", ")}`;
    world.stderr.write(`pgqd: ${new SkytoolsError("WRONG_USE", "pgqd requires config file").message}\nHINT: ${hint}\n`);
    return exitStatus.failed;
  }
  const status = await runProgram(pgqd, argv, world);
  return status === exitStatus.wrongUse ? exitStatus.failed : status;
}

/** A bare `pgqd` is rather a mistake than the wish to tick whatever server is there. */
function isConfigured(argv: readonly string[], env: ProgramWorld["env"]): boolean {
  const isTelling = (word: string): boolean => !word.startsWith("-") || word.startsWith("--") || /[hV]/.test(word);
  return argv.some(isTelling) || SERVER_VARIABLES.some((name) => (env[name] ?? "") !== "");
}
