#!/usr/bin/env node
// The command `skytools`: hands the process to a program, or to main().
import { watchSignals } from "../service/index.ts";
import { main } from "./main.ts";
import { terminalOf } from "../print/index.ts";
import { programOf, runAsProcess } from "./programs.ts";

const argv = process.argv.slice(2);
const program = programOf(argv);
if (program === null) await runCommand();
else await runAsProcess(program, argv.slice(1));

async function runCommand(): Promise<void> {
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
