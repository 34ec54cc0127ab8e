// The live picture: steps as lines that stay, and below them a block that is drawn over. Without a terminal only lines.
import type { ShopWriter } from "./shop-writer.ts";
import type { Watch } from "./watch.ts";

export interface Picture {
  /** What is being done now. */
  step(text: string): void;
  stop(): void;
}

export interface PictureOptions {
  readonly isQuiet: boolean;
  readonly writer: () => ShopWriter | null;
  readonly watch: () => Watch | null;
}

const DRAW_MS = 250;
const LINE_MS = 5_000;

export function startPicture({ isQuiet, writer, watch }: PictureOptions): Picture {
  const startedMs = performance.now();
  const { stdout } = process;
  const isTerminal = stdout.isTTY && !isQuiet;
  let drawn = 0;
  let before = { atMs: startedMs, transactions: 0, rows: 0 };
  let rates = { transactions: 0, rows: 0 };

  const erase = (): void => {
    if (drawn > 0) stdout.write(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  const draw = (): void => {
    erase();
    const lines = block();
    stdout.write(`${lines.join("\n")}\n`);
    drawn = lines.length;
  };
  const measure = (): void => {
    const counts = writer()?.counts();
    const now = performance.now();
    if (counts === undefined || now - before.atMs < 900) return;
    const seconds = (now - before.atMs) / 1000;
    rates = {
      transactions: Math.round((counts.transactions - before.transactions) / seconds),
      rows: Math.round((counts.rows - before.rows) / seconds),
    };
    before = { atMs: now, transactions: counts.transactions, rows: counts.rows };
  };
  const block = (): string[] => {
    const counts = writer()?.counts();
    const nodes = watch()?.views() ?? [];
    return [
      "",
      ...(counts === undefined
        ? []
        : [`  shop      ${rates.transactions} transactions/s, ${rates.rows} rows/s, ${counts.transactions} in all`]),
      ...nodes.map(
        ({ name, type, major, lagMs, tablesOk, tables, error }) =>
          `  ${name.padEnd(9)} ${type.padEnd(7)} PostgreSQL ${major}  tables ${tablesOk} of ${tables}  ${
            type === "root" ? "takes the writes" : lagMs === null ? "" : `${Math.round(lagMs)} ms behind`
          }${error === null ? "" : `  ${error.split("\n")[0] ?? ""}`}`,
      ),
    ].map((line) => line.slice(0, (stdout.columns || 120) - 1));
  };

  const timer = setInterval(
    () => {
      measure();
      if (isTerminal) draw();
      else if (!isQuiet) stdout.write(`${seconds()}${block().slice(1).join(";")}\n`);
    },
    isTerminal ? DRAW_MS : LINE_MS,
  );
  const seconds = (): string => `${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s `;
  return {
    step(text) {
      if (isQuiet) return;
      erase();
      stdout.write(`${seconds()} ${text}\n`);
    },
    stop() {
      clearInterval(timer);
      if (isTerminal) draw();
    },
  };
}
