// One run of the command: from words to an exit status. Everything from outside is handed in.
import { errorCodes, exitStatus } from "../errors/index.ts";
import { packageVersion } from "../pgq/index.ts";
import { type CliEnvironment, formatError } from "./context.ts";
import { commands, groups } from "./commands/index.ts";
import { explainError } from "./explain-error.ts";
import { type Invocation, parseCommandLine } from "./program.ts";
import { output, repeat } from "../print/index.ts";

/** Runs one command line (without the program's name) and returns the exit status. Never throws. */
export async function main(argv: readonly string[], world: CliEnvironment): Promise<number> {
  // needed before the line is understood, because the error may be in the line
  const isVerbose = argv.includes("--verbose") || argv.includes("-v");
  return await guarded(world, isVerbose, async () => {
    const invocation = await parseCommandLine(argv, { commands, groups }, world, packageVersion());
    if (invocation === null) return exitStatus.done;
    const intervalMs = invocation.options.number("watch");
    if (intervalMs === undefined) return await run(invocation, world);
    return await repeat(world, intervalMs, `skytools ${invocation.definition.name}`, (screen) =>
      guarded(screen, isVerbose, () => run(invocation, screen)),
    );
  });
}

async function guarded(world: CliEnvironment, isVerbose: boolean, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    return reportError(error, world, isVerbose);
  }
}

async function run({ definition, args, rest, options }: Invocation, world: CliEnvironment): Promise<number> {
  const choice = { isJson: options.flag("json"), isQuiet: options.flag("quiet") };
  const status = await definition.run({ ...world, args, rest, options, out: output(world, choice) });
  return status ?? exitStatus.done;
}

function reportError(error: unknown, world: CliEnvironment, isVerbose: boolean): number {
  const known = explainError(error);
  world.stderr.write(formatError(known));
  if (isVerbose) world.stderr.write(`${stackOf(error)}\n`);
  return errorCodes[known.code].exit;
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error; e = e.cause) parts.push(e.stack ?? e.message);
  return parts.join("\ncaused by: ");
}
