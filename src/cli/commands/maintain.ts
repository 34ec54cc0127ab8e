// skytools maintain: what the ticker daemon does between ticks, once, by hand or from a scheduler.
import { exitStatus } from "../../errors/index.ts";
import { moveRetryEvents, readMaintenanceOperations } from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { defineOption } from "../../service/index.ts";
import { asksForMore, describeOperation, MAX_REPEATS, operationStatement } from "../../ticker/index.ts";
import { command } from "../command.ts";
import { withDatabase } from "../connect.ts";
import type { CommandContext } from "../context.ts";
import { explainError } from "../explain-error.ts";
import { type Column, formatTable, shortDuration } from "../../print/index.ts";

interface Done {
  readonly operation: string;
  readonly calls: number;
  readonly durationMs: number;
  /** null: it succeeded. */
  readonly error: string | null;
}

const columns: readonly Column<Done>[] = [
  { title: "operation", value: ({ operation }) => operation, isFlexible: true },
  { title: "calls", value: ({ calls }) => calls, align: "right" },
  { title: "time", value: ({ durationMs }) => shortDuration(durationMs), align: "right" },
  { title: "result", value: ({ error }) => ({ text: error ?? "done", style: error === null ? null : "red" }) },
];

const noVacuum = defineOption({
  name: "no_vacuum",
  type: "bool",
  default: false,
  programs: ["maintain"],
  doc: "do not vacuum the tables of PgQ that change often",
});

export const maintainCommand = command({
  name: "maintain",
  summary: "run the maintenance once: retries, delayed events, rotation, vacuum; pgqd does it by itself",
  args: [],
  options: [noVacuum],
  examples: [
    { line: "skytools maintain --db dbname=shop", doc: "exit status 1 when a step failed; the others are done" },
    { line: "skytools maintain --no-vacuum --quiet", doc: "every minute from a scheduler, where no pgqd runs" },
  ],
  async run(context) {
    const done = await withDatabase(context, (db) => maintain(db, context));
    const isFailed = done.some(({ error }) => error !== null);
    const text = (): string => formatTable(columns, done, context.out.terminal);
    if (isFailed) context.out.result(done, text);
    else context.out.done(done, text());
    return isFailed ? exitStatus.failed : exitStatus.done;
  },
});

async function maintain(db: Connection, context: CommandContext): Promise<readonly Done[]> {
  const done = [await timed("pgq.maint_retry_events()", async () => (await moveRetryEvents(db)) > 0)];
  for (const operation of await readMaintenanceOperations(db)) {
    const statement = operationStatement(operation);
    const isVacuum = /^vacuum/i.test(operation.name);
    if (statement === null || (isVacuum && context.options.flag("no_vacuum"))) continue;
    const once = async (): Promise<boolean> => {
      const [row] = await db.query<{ result?: string | null }>(statement.sql, [...statement.params]);
      return asksForMore(row?.result);
    };
    done.push(await timed(describeOperation(operation), once));
  }
  return done;
}

/** Calls a step until it does not ask for more. */
async function timed(operation: string, once: () => Promise<boolean>): Promise<Done> {
  const start = performance.now();
  let calls = 0;
  let error: string | null = null;
  try {
    for (let isMore = true; isMore && calls < MAX_REPEATS; calls += 1) isMore = await once();
  } catch (caught) {
    error = explainError(caught).message;
  }
  return { operation, calls, durationMs: Math.round(performance.now() - start), error };
}
