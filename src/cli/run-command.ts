// Runs a command of skytools as this process. Apart from bin.ts: a program must not wait for all commands to be loaded.
import { terminalOf } from "../print/index.ts";
import { watchSignals } from "../service/index.ts";
import { main } from "./main.ts";

export async function runCommand(argv: readonly string[]): Promise<void> {
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
