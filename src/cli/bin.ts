#!/usr/bin/env node
// The command `skytools`: hands the process to a program, or to main().
import { programOf, runAsProcess } from "./programs.ts";

const argv = process.argv.slice(2);
const program = programOf(argv);
if (program === null) await runCommand();
else await runAsProcess(program, argv.slice(1));

async function runCommand(): Promise<void> {
  const [{ watchSignals }, { terminalOf }, { main }] = await Promise.all([
    import("../service/index.ts"),
    import("../print/index.ts"),
    import("./main.ts"), // loaded here, not at the top: a program would wait for all commands
  ]);
  using watch = watchSignals(process);
  const unread = new AbortController();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    unread.abort("EPIPE"); // the reader (head, less) has seen enough: what repeats itself ends
  });

  process.exitCode = await main(argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    terminal: () => ({ ...terminalOf(process.stdout, process.env), height: process.stdout.rows }),
    env: process.env,
    signal: AbortSignal.any([watch.signal, unread.signal]),
  });
}
