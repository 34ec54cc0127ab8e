// One run of the command: from words to an exit status. Everything from outside is handed in.
import { errorCodes, exitStatus, SkytoolsError } from "../errors/index.ts";
import { packageVersion } from "../pgq/index.ts";
import { type CliEnvironment, formatError, output } from "./context.ts";
import { commands } from "./commands/index.ts";
import { type Invocation, parseCommandLine } from "./program.ts";

/** Runs one command line (without the program's name) and returns the exit status. Never throws. */
export async function main(argv: readonly string[], world: CliEnvironment): Promise<number> {
  // needed before the line is understood, because the error may be in the line
  const isVerbose = argv.includes("--verbose") || argv.includes("-v");
  try {
    const invocation = await parseCommandLine(argv, commands, world, packageVersion());
    return invocation === null ? exitStatus.done : await run(invocation, world);
  } catch (error) {
    return reportError(error, world, isVerbose);
  }
}

async function run({ definition, args, options }: Invocation, world: CliEnvironment): Promise<number> {
  const status = await definition.run({ ...world, args, options, out: output(world, options) });
  return status ?? exitStatus.done;
}

function reportError(error: unknown, world: CliEnvironment, isVerbose: boolean): number {
  const known =
    error instanceof SkytoolsError ? error : new SkytoolsError("DATABASE", messageOf(error), { cause: error });
  world.stderr.write(formatError(known));
  if (isVerbose) world.stderr.write(`${stackOf(error)}\n`);
  return errorCodes[known.code].exit;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error; e = e.cause) parts.push(e.stack ?? e.message);
  return parts.join("\ncaused by: ");
}
