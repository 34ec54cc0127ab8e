// One run of a program: from its command line to an exit status. What only prints or signals is done here; what runs is
// started through running-program.ts.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errorCodes, exitStatus, SkytoolsError } from "../../errors/index.ts";
import type { OptionTable } from "../options/resolve-options.ts";
import { redact, redactedReason } from "../logging/redact.ts";
import { type DaemonChild, daemonChild, ownCommand, startDaemon } from "../process/daemon.ts";
import { checkPidfile } from "../process/pidfile.ts";
import { programSignals, signalProgram } from "../process/signal-program.ts";
import { parseProgramLine, type ProgramLine } from "./command-line.ts";
import { type ProgramDefinition, programTable } from "./define-program.ts";
import { runService } from "./running-program.ts";
import { readSettings, type Settings } from "./settings.ts";
import { helpText, sampleConfig, versionText } from "./texts.ts";
import { type ProgramWorld, processWorld } from "./world.ts";

/** Runs a program with the words after its name. Never throws. */
export async function runProgram<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  argv: readonly string[],
  world: ProgramWorld = processWorld(),
): Promise<number> {
  const child = daemonChild();
  try {
    const line = parseProgramLine(argv, Object.values(programTable(definition)));
    return await runLine(definition, line, world, child);
  } catch (error) {
    const text = errorText(definition.name, error);
    world.stderr.write(text);
    const status = error instanceof SkytoolsError ? errorCodes[error.code].exit : exitStatus.failed;
    child.failed(text, status);
    return status;
  }
}

/** Runs a program as this process: sets the exit status, and ends it also when something was left open. */
export async function runAsMain<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  process.exitCode = await runProgram(definition, argv);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

const LINGER_MS = 1000;

async function runLine<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  line: ProgramLine,
  world: ProgramWorld,
  child: DaemonChild,
): Promise<number> {
  const { action } = line;
  if (action === "help" || action === "version" || action === "ini") {
    world.stdout.write(printed(definition, line));
    return exitStatus.done;
  }
  const settings = readSettings(definition, line, world.env);
  if (action !== "run") {
    const { pidfile } = settings;
    const { isSent, isGone, text } = signalProgram(pidfile, programSignals[action]);
    const isLikePgqd = definition.signals === "pgqd";
    world.stderr.write(`${isLikePgqd && pidfile === null ? "No pidfile configured" : text}\n`);
    return isSent || line.isCompatExit || (isGone && isLikePgqd) ? exitStatus.done : exitStatus.failed;
  }
  if (definition.makesFolders === true) makeFolders(settings);
  const isDaemon = line.isDaemon && !settings.isOneShot;
  if (isDaemon) checkDaemon(definition, settings);
  if (isDaemon && !child.isDaemon) return await goIntoBackground(settings, world);
  return await runService(definition, { line, settings, world, child });
}

function printed<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  { action, overrides, words }: ProgramLine,
): string {
  if (action === "ini") return sampleConfig(definition, overrides);
  return action === "help" ? (definition.help?.(words) ?? helpText(definition)) : versionText(definition);
}

/** Why one cannot be made is told when its file is opened. */
function makeFolders<T extends OptionTable>({ options, pidfile }: Settings<T>): void {
  for (const path of [options.logfile, pidfile]) {
    try {
      if (path !== null) mkdirSync(dirname(path), { recursive: true });
    } catch {
      continue;
    }
  }
}

function checkDaemon<T extends OptionTable>(definition: ProgramDefinition<T>, { options, pidfile }: Settings<T>): void {
  if (pidfile === null) {
    throw new SkytoolsError("DAEMON_START", "Daemon needs pidfile", { hint: "set pidfile in the configuration" });
  }
  if (definition.daemonNeedsLogfile === true && options.logfile === null) {
    throw new SkytoolsError("DAEMON_START", "daemon needs logging configured", { hint: "set logfile" });
  }
}

async function goIntoBackground<T extends OptionTable>(
  { options, pidfile }: Settings<T>,
  world: ProgramWorld,
): Promise<number> {
  if (pidfile !== null) checkPidfile(pidfile);
  if (options.logfile === null) world.stderr.write("no logfile is set: nothing will be logged in the background\n");
  const outcome = await startDaemon(ownCommand(world.env));
  if (outcome.kind === "ready") return exitStatus.done;
  world.stderr.write(outcome.text);
  return outcome.status;
}

function errorText(name: string, error: unknown): string {
  const message = redactedReason(error);
  const hint = error instanceof SkytoolsError && error.hint !== undefined ? `HINT: ${redact(error.hint)}\n` : "";
  return `${name}: ${message}\n${hint}`;
}
