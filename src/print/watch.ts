// --watch: a command that repeats itself, on a terminal in place, else one after the other.
import { setTimeout as delay } from "node:timers/promises";
import { exitStatus } from "../errors/index.ts";
import type { Screen } from "./output.ts";

const HOME_AND_CLEAR = "\x1b[H\x1b[J";

/** Runs `once` every `intervalMs` until the signal; its output is shown in one piece. A failure is shown and tried again. */
export async function repeat<W extends Screen & { readonly signal: AbortSignal }>(
  world: W,
  intervalMs: number,
  title: string,
  once: (world: W) => Promise<number>,
): Promise<number> {
  const isScreen = (world.terminal?.().width ?? null) !== null;
  const { signal } = world;
  for (;;) {
    if (isStopped(signal)) return exitStatus.done;
    let text = "";
    const sink = { write: (part: string) => (text += part) };
    await once({ ...world, stdout: sink, stderr: sink }).catch((error: unknown) => {
      if (!isStopped(signal)) throw error;
    });
    if (isStopped(signal)) return exitStatus.done; // what was cut short is not shown
    const head = isScreen ? `${HOME_AND_CLEAR}every ${intervalMs / 1000}s: ${title}   ${clockTime()}\n\n` : "";
    world.stdout.write(head + text);
    await delay(intervalMs, undefined, { signal }).catch(() => undefined); // the loop looks at the signal
  }
}

function isStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}

function clockTime(): string {
  return new Date().toTimeString().slice(0, 8);
}
