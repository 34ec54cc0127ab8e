// How far a long command is: a line that is drawn over on a terminal, else a log line every now and then.
import type { Clock } from "../../clock/index.ts";
import { formatProgress, type Progress, progressFigures, type Screen, truncate } from "../../print/index.ts";
import type { Logger } from "../../service/index.ts";

export interface ProgressDisplay {
  /** May be called as often as one likes. */
  update(progress: Progress): void;
  /** Ends the line. */
  stop(): void;
}

interface DisplayOptions {
  readonly title: string;
  readonly screen: Screen;
  readonly log: Logger;
  readonly clock: Clock;
  /** Nothing is shown. */
  readonly isQuiet: boolean;
}

/** Shorter flickers, longer looks stuck. */
const DRAW_EVERY_MS = 100;
const LOG_EVERY_MS = 10_000;
const BAR_WIDTH = 20;

export function progressDisplay({ title, screen, log, clock, isQuiet }: DisplayOptions): ProgressDisplay {
  const width = screen.terminal?.().width ?? null;
  const startedMs = clock.now();
  let toldMs = width === null ? startedMs : -Infinity;
  let last: Progress | null = null;
  const draw = (progress: Progress): void => {
    const line = `${title} ${bar(progressFigures(progress, 0).share)} ${formatProgress(progress, clock.now() - startedMs)}`;
    screen.stderr.write(`\r${truncate(line, (width ?? 80) - 1)}\x1b[K`);
  };
  return {
    update(progress) {
      last = progress;
      if (isQuiet || clock.now() - toldMs < (width === null ? LOG_EVERY_MS : DRAW_EVERY_MS)) return;
      toldMs = clock.now();
      if (width === null) log.info({}, `${title}: ${formatProgress(progress, toldMs - startedMs)}`);
      else draw(progress);
    },
    stop() {
      if (isQuiet || width === null || last === null) return;
      draw(last);
      screen.stderr.write("\n");
      last = null;
    },
  };
}

function bar(share: number | null): string {
  if (share === null) return "";
  const full = Math.floor(share * BAR_WIDTH);
  return `[${"#".repeat(full)}${" ".repeat(BAR_WIDTH - full)}]`;
}
