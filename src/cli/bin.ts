#!/usr/bin/env node
// The command `skytools`: hands the process to a program, or to main().
import { watchSignals } from "../service/index.ts";
import { main } from "./main.ts";
import { terminalOf } from "./print/terminal.ts";
import { programOf, runAsProcess } from "./programs.ts";

const argv = process.argv.slice(2);
const program = programOf(argv);
if (program === null) await runCommand();
else await runAsProcess(program, argv.slice(1));

async function runCommand(): Promise<void> {
  using watch = watchSignals(process);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error; // the reader (head, less) has seen enough
  });

  process.exitCode = await main(argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    terminal: () => ({ ...terminalOf(process.stdout, process.env), height: process.stdout.rows }),
    env: process.env,
    signal: watch.signal,
  });
}
