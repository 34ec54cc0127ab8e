// -d: the program is started once more, detached from the terminal. Who called waits until it has shown that it runs.
//
//   caller ---spawn, standard streams on /dev/null---> child
//   caller <--{ ready } | { failed, text, status }---- child        over the IPC channel of node:child_process
import { type ChildProcess, spawn } from "node:child_process";
import { SkytoolsError } from "../../errors/index.ts";

/** Longer than any start-up that works. */
const START_TIMEOUT_MS = 60_000;

type Message = { readonly kind: "ready" } | { readonly kind: "failed"; readonly text: string; readonly status: number };

export interface DaemonCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the child tells its caller. All of it does nothing in a program that is in the foreground. */
export interface DaemonChild {
  readonly isDaemon: boolean;
  /** The caller may go: the program runs. */
  ready(): void;
  /** The caller prints `text` and ends with `status`. */
  failed(text: string, status: number): void;
}

/** Reads and clears what the caller left in the environment. */
export function daemonChild(): DaemonChild {
  const isDaemon = process.env["SKYTOOLS_DAEMON_CHILD"] === "1" && process.send !== undefined;
  delete process.env["SKYTOOLS_DAEMON_CHILD"];
  const tell = (message: Message): void => {
    if (!isDaemon || !process.connected) return;
    process.send?.(message, undefined, {}, () => {
      if (process.connected) process.disconnect();
    });
  };
  return {
    isDaemon,
    ready: () => tell({ kind: "ready" }),
    failed: (text, status) => tell({ kind: "failed", text, status }),
  };
}

/** How the running program is started again. */
export function ownCommand(env: Readonly<Record<string, string | undefined>>): DaemonCommand {
  return { file: process.execPath, args: [...process.execArgv, ...process.argv.slice(1)], env };
}

export type DaemonOutcome =
  | { readonly kind: "ready"; readonly pid: number }
  | { readonly kind: "failed"; readonly text: string; readonly status: number };

/** Starts the child and waits until it runs. @throws DAEMON_START when it ends or stays silent */
export async function startDaemon(command: DaemonCommand, timeoutMs = START_TIMEOUT_MS): Promise<DaemonOutcome> {
  const child = spawn(command.file, command.args, {
    detached: true,
    env: { ...command.env, SKYTOOLS_DAEMON_CHILD: "1" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  try {
    return await answerOf(child, timeoutMs);
  } finally {
    // Without this the caller could not end before the child does.
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function answerOf(child: ChildProcess, timeoutMs: number): Promise<DaemonOutcome> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGTERM");
      reject(startError(`it did not report within ${timeoutMs / 1000} s and was stopped`));
    }, timeoutMs);
    const settle = (answer: () => void): void => {
      clearTimeout(timer);
      answer();
    };
    child.once("error", (error) => settle(() => reject(startError(error.message, error))));
    child.once("exit", (code, signal) => {
      const how = signal === null ? `with status ${String(code)}` : `by ${signal}`;
      settle(() => reject(startError(`it ended ${how} before it was ready`)));
    });
    child.once("message", (message: Message) => {
      settle(() => resolve(message.kind === "ready" ? { kind: "ready", pid: child.pid ?? 0 } : message));
    });
  });
}

function startError(reason: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("DAEMON_START", `the program in the background did not start: ${reason}`, {
    hint: "read its log file, or start it without -d",
    cause,
  });
}
