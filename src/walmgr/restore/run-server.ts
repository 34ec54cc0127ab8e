// Starts the server of a restored directory with its own program, watches its recovery, and stops it: for test restores
// and for whoever has no other way to start it.
import { type ChildProcess, spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../clock/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { connect, type Connection, PostgresError } from "../../postgres/index.ts";

export interface RunServerOptions {
  readonly dataDirectory: string;
  /** Folder with the program postgres. */
  readonly binDirectory: string;
  /** Of the socket; must be short and open to the server's user. */
  readonly socketDirectory: string;
  readonly port: number;
  /** Settings on the command line. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Superuser to connect as. */
  readonly user: string;
  readonly timeoutMs: number;
  /** true: done as soon as it can be read; default: when recovery is over. */
  readonly untilReadable?: boolean;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningServer extends AsyncDisposable {
  connect(database?: string): Promise<Connection>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

const POLL_MS = 200;

/** @throws RESTORE_FAILED with the end of the server's log when it does not get there */
export async function runServer(options: RunServerOptions): Promise<RunningServer> {
  const { dataDirectory, binDirectory, socketDirectory, port, clock } = options;
  const { uid, gid } = await stat(dataDirectory);
  const settings = {
    ...options.settings,
    // The configuration of the old server may name its own.
    data_directory: dataDirectory,
    listen_addresses: "",
    unix_socket_directories: socketDirectory,
    port: String(port),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const logFile = join(socketDirectory, `restored-${port}.log`);
  const script = 'program=$1 log=$2; shift 2; exec "$program" "$@" >>"$log" 2>&1';
  const words = [join(binDirectory, "postgres"), logFile, "-D", dataDirectory, ...args];
  const child = spawn("/bin/sh", ["-c", script, "sh", ...words], { uid, gid, stdio: "ignore", cwd: socketDirectory });
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const open = (database = "postgres"): Promise<Connection> =>
    connect({ host: socketDirectory, port: String(port), user: options.user, dbname: database }, { env: {} });
  const stop = (): Promise<void> => {
    if (isRunning(child)) child.kill("SIGINT");
    return ended;
  };
  const deadline = clock.now() + options.timeoutMs;
  for (;;) {
    const { isThere, refusal } = await look(open, options.untilReadable ?? false);
    if (isThere) break;
    const isLate = clock.now() > deadline || options.signal?.aborted === true;
    if (isRunning(child) && !isLate && refusal === null) {
      await clock.sleep(POLL_MS, options.signal);
      continue;
    }
    const log = await readFile(logFile, "utf8").catch(() => "");
    if (isRunning(child)) child.kill("SIGQUIT");
    await ended;
    if (refusal !== null) throw new SkytoolsError("RESTORE_FAILED", `the restored server lets nobody in: ${refusal}`);
    const what = isLate ? "the restored server did not finish recovery in time" : "the restored server ended";
    throw new SkytoolsError("RESTORE_FAILED", `${what}: ${lastLines(log)}`);
  }
  return { connect: open, stop, [Symbol.asyncDispose]: stop };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

interface Look {
  readonly isThere: boolean;
  /** Why it never will be. */
  readonly refusal: string | null;
}

async function look(open: () => Promise<Connection>, untilReadable: boolean): Promise<Look> {
  try {
    await using db = await open();
    const { recovering } = await db.one<{ recovering: boolean }>("select pg_is_in_recovery() as recovering");
    return { isThere: untilReadable || !recovering, refusal: null };
  } catch (error) {
    return { isThere: false, refusal: isFinal(error) ? reasonOf(error) : null };
  }
}

/** What it says when it starts, stops, or has no room passes. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof PostgresError)) return false;
  return error.sqlstate === null ? /password/.test(error.message) : !/^(57P|53|08|40)/.test(error.sqlstate);
}

/** What matters of a log: the last errors, else its end; what is wrong in a configuration file is said before the error. */
function lastLines(log: string): string {
  const lines = log.trim().split("\n");
  const serious = lines.filter((line) => /FATAL|PANIC|ERROR/.test(line));
  const isTold = serious.length > 0 && !serious.some((line) => line.includes("contains errors"));
  return (isTold ? serious : lines).slice(-3).join(" | ").slice(-1000);
}
