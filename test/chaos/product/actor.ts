// Runs a child process and starts it again whenever it is gone, until the run is over.
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { FromChild, ToChild } from "./messages.ts";
import type { Stage } from "./stage.ts";

export interface ActorOptions {
  readonly name: string;
  /** Compiled program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Statuses with which it may end by itself. */
  readonly mayEnd?: readonly number[];
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
  /** For good. */
  end(): Promise<void>;
}

const GENTLE_STOP_MS = 20_000;
const OUTPUT_KEPT = 3_000;

export function startActor(stage: Stage, options: ActorOptions): Actor {
  const { name } = options;
  const random = stage.random.fork(`actor ${name}`);
  let child: ChildProcess | null = null;
  let isExpected = false;
  let isReady = false;
  let isOver = false;
  let output = "";
  let ended: Promise<void> = Promise.resolve();
  let tellReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (tellReady = resolve));

  const start = (): void => {
    output = "";
    isExpected = false;
    isReady = false;
    const started = fork(options.program, options.args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: ["--import", stage.clockShim],
      env: { PATH: process.env["PATH"], TZ: "UTC" },
    });
    child = started;
    const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-OUTPUT_KEPT));
    started.stdout?.on("data", keep);
    started.stderr?.on("data", keep);
    started.on("message", (message: FromChild) => {
      if (message.kind === "ready") {
        isReady = true;
        tellReady();
      } else stage.hear(message);
    });
    ended = new Promise((resolve) => {
      started.once("close", (status, signal) => {
        child = null;
        if (!isExpected && !(options.mayEnd ?? []).includes(status ?? -1)) {
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
    isExpected = true;
    const wasReady = isReady; // before that nobody listens to signals
    running.kill("SIGTERM");
    const isTooLate = delay(GENTLE_STOP_MS, true, { ref: false });
    if ((await Promise.race([ended, isTooLate])) === true) {
      stage.problem(`${name} did not stop within ${GENTLE_STOP_MS} ms after SIGTERM: ${output}`);
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
    async end() {
      isOver = true;
      await terminate();
      await ended;
    },
  };
}
