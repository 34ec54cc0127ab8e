// The command line of londiste.
import { processWorld, type ProgramWorld, runProgram } from "../../service/index.ts";
import { londiste } from "./londiste.ts";

/** Runs londiste with the words after its name; returns the exit status. Never throws. */
export async function runLondiste(argv: readonly string[], world: ProgramWorld = processWorld()): Promise<number> {
  return await runProgram(londiste, argv, world);
}
