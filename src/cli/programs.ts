// The long-running programs. They read their own command lines, which are those of the old programs, and handle their
// own signals; so they are run before anything of a command is set up.

export type ProgramRunner = (argv: readonly string[]) => Promise<number>;

const programs: ReadonlyMap<string, ProgramRunner> = new Map<string, ProgramRunner>([
  ["pgqd", async (argv) => await (await import("../ticker/index.ts")).runPgqd(argv)],
  ["walmgr", async (argv) => await (await import("../walmgr/index.ts")).runWalmgr(argv)],
  ["setadm", async (argv) => await (await import("../cascade/index.ts")).runSetadm(argv)],
  ["londiste", async (argv) => await (await import("../londiste/index.ts")).runLondiste(argv)],
]);

/** The program that a command line asks for, as `skytools pgqd …` or by the name of a bin alias; null: a command. */
export function programOf(argv: readonly string[]): ProgramRunner | null {
  return programs.get(argv[0] ?? "") ?? null;
}

/** Runs a program as this process, and ends it also when a dead connection would keep it alive. */
export async function runAsProcess(run: ProgramRunner, argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

const LINGER_MS = 1000;
