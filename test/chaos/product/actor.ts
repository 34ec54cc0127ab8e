// Runs a child process and starts it again whenever it is gone, until the run is over. The child is one of ours, or a
// program of the product, which only has the shim for its clock loaded.
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { FromChild, ToChild } from "./messages.ts";
import type { Stage } from "./stage.ts";

export interface ActorOptions {
  readonly name: string;
  /** Compiled program. */
  readonly program: string;
  readonly args: readonly string[];
  /** What a program writes that does not know us, when it has begun its work; the others send a message. */
  readonly readyText?: string;
  /** How long it may take to stop when it is told to. Default 20 s. */
  readonly stopMs?: number;
  /** Gets all that its processes write. */
  readonly onOutput?: (text: string) => void;
}

export interface Actor {
  readonly name: string;
  /** The first process has begun its work. */
  readonly ready: Promise<void>;
  /** SIGKILL; it comes back after a while. */
  kill(): void;
  /** SIGTERM; it must end with status 0 in time, and comes back. */
  stopGently(): Promise<void>;
  /** SIGSTOP for so long. */
  freeze(ms: number): Promise<void>;
  /** Its clock jumps by so much. */
  shiftClock(ms: number): void;
  /** Sends a signal to a process that is at work; false when there is none. */
  signal(name: NodeJS.Signals): boolean;
  /** What the present process has written, the end of it. */
  output(): string;
  /** For good. */
  end(): Promise<void>;
}

const GENTLE_STOP_MS = 20_000;
const OUTPUT_KEPT = 3_000;

export function startActor(
  stage: Pick<Stage, "random" | "clockShim" | "hear" | "problem">,
  options: ActorOptions,
): Actor {
  const { name, stopMs = GENTLE_STOP_MS } = options;
  const random = stage.random.fork(`actor ${name}`);
  let child: ChildProcess | null = null;
  let isExpected = false;
  let isKilled = false;
  let isReady = false;
  let isOver = false;
  let output = "";
  let ended: Promise<void> = Promise.resolve();
  let tellReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (tellReady = resolve));

  const start = (): void => {
    output = "";
    isExpected = false;
    isKilled = false;
    isReady = false;
    const started = fork(options.program, options.args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: ["--import", stage.clockShim],
      env: { PATH: process.env["PATH"], TZ: "UTC" },
    });
    child = started;
    const setReady = (): void => {
      isReady = true;
      tellReady();
    };
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
      options.onOutput?.(chunk.toString());
      if (!isReady && options.readyText !== undefined && output.includes(options.readyText)) setReady();
    };
    started.stdout?.on("data", keep);
    started.stderr?.on("data", keep);
    started.on("message", (message: FromChild) => {
      if (message.kind === "ready") setReady();
      else stage.hear(message);
    });
    ended = new Promise((resolve) => {
      started.once("close", (status, signal) => {
        child = null;
        if (!isExpected) {
          stage.problem(`${name} ended by itself with ${status ?? signal ?? "?"}: ${output}`);
        }
        resolve();
        if (!isOver) void delay(50 + random.int(400)).then(() => isOver || start());
      });
    });
  };
  start();

  const terminate = async (): Promise<void> => {
    const running = child;
    if (running === null) return;
    if (isKilled) {
      await ended;
      return;
    }
    isExpected = true;
    const wasReady = isReady; // before that nobody listens to signals
    running.kill("SIGTERM");
    const isTooLate = delay(stopMs, true, { ref: false });
    if ((await Promise.race([ended, isTooLate])) === true) {
      stage.problem(`${name} did not stop within ${stopMs} ms after SIGTERM: ${output}`);
      running.kill("SIGKILL");
    } else if (wasReady && running.exitCode !== 0) {
      stage.problem(`${name} ended with ${running.exitCode ?? running.signalCode ?? "?"} after SIGTERM: ${output}`);
    }
  };

  return {
    name,
    ready,
    kill() {
      isExpected = true;
      isKilled = true;
      child?.kill("SIGKILL");
    },
    stopGently: terminate,
    async freeze(ms) {
      const frozen = child;
      frozen?.kill("SIGSTOP");
      await delay(ms);
      frozen?.kill("SIGCONT");
    },
    shiftClock(ms) {
      if (child?.connected === true) child.send({ kind: "shift clock", ms } satisfies ToChild);
    },
    signal: (signal) => isReady && child !== null && child.kill(signal),
    output: () => output,
    async end() {
      isOver = true;
      await terminate();
      await ended;
    },
  };
}
