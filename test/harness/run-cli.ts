// Runs a command line of skytools inside the test, with what it prints caught.
import { main } from "../../src/cli/main.ts";

export interface CliResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runCli(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  const status = await main(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env,
    signal,
  });
  return { status, stdout, stderr };
}
