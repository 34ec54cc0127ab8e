// skytools top: queues and consumers live.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { defineOption } from "../../service/index.ts";
import { command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { pressKey, splitKeys, sortKeys, type SortKey, type View } from "../top/order.ts";
import type { Line } from "../top/rates.ts";
import { draw, ENTER, LEAVE } from "../top/screen.ts";
import { watchQueues } from "../top/watch-queues.ts";

const programs = ["top"];

const interval = defineOption({
  name: "interval",
  type: "duration",
  default: 2000,
  min: 100,
  short: "i",
  programs,
  doc: "time between two looks",
});
const sort = defineOption({
  name: "sort",
  type: "text",
  choices: [...sortKeys],
  default: "name",
  programs,
  doc: "order of the lines",
});

export const topCommand = command({
  name: "top",
  summary: "watch queues and consumers live, with rates; --json prints a line at each look",
  args: [],
  options: [interval, sort],
  examples: [
    { line: "skytools top --db dbname=shop", doc: "keys: q quits, arrows scroll and choose the order" },
    { line: "skytools top --json --interval 10s >> queues.jsonl", doc: "for a program" },
  ],
  async run(context) {
    const intervalMs = context.options.number("interval") ?? 2000;
    if (context.out.isJson) return await printLines(context, intervalMs);
    if ((context.terminal?.().width ?? null) === null) {
      throw new SkytoolsError("WRONG_USE", "top needs a terminal", { hint: "use --json, or skytools status --watch" });
    }
    return await runScreen(context, intervalMs);
  },
});

async function printLines(context: CommandContext, intervalMs: number): Promise<number> {
  for await (const sample of watchQueues(context, intervalMs, context.signal)) {
    context.out.result({ time: new Date().toISOString(), ...sample }, "");
  }
  return exitStatus.done;
}

async function runScreen(context: CommandContext, intervalMs: number): Promise<number> {
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  let view: View = { sort: context.options.text("sort") as SortKey, offset: 0, isOver: false };
  let lines: readonly Line[] = [];
  let trouble: string | null = null;
  const show = (): void => {
    const terminal = context.terminal?.();
    if (terminal !== undefined && !view.isOver) context.stdout.write(draw(lines, view, trouble, terminal));
  };
  const keys = readKeys(context, signal, (key) => {
    view = pressKey(view, key, lines.length);
    if (view.isOver) over.abort();
    show();
  });
  context.stdout.write(ENTER);
  try {
    for await (const sample of watchQueues(context, intervalMs, signal)) {
      if ("lines" in sample) lines = sample.lines;
      trouble = "trouble" in sample ? sample.trouble : null;
      show();
    }
  } finally {
    context.stdout.write(LEAVE);
    over.abort();
    keys();
  }
  return exitStatus.done;
}

/** Calls `press` for each key. @returns what gives the terminal back */
function readKeys(context: CommandContext, signal: AbortSignal, press: (key: string) => void): () => void {
  const { stdin } = context;
  if (stdin?.isTTY !== true) return () => undefined;
  stdin.setRawMode?.(true);
  const input = stdin[Symbol.asyncIterator]();
  const read = async (): Promise<void> => {
    for (let next = await input.next(); next.done !== true && !signal.aborted; next = await input.next()) {
      for (const key of splitKeys(String(next.value))) press(key);
    }
  };
  read().catch(() => undefined); // the terminal is gone: the signal ends the rest
  return () => {
    stdin.setRawMode?.(false);
    stdin.destroy?.();
  };
}
