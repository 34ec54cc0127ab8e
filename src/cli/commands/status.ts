// skytools status: everything at a glance, for people and for monitoring.
import { exitStatus } from "../../errors/index.ts";
import { examineQueues, type QueueHealth } from "../../pgq/index.ts";
import { defineOption } from "../../service/index.ts";
import { command, watchOption } from "../command.ts";
import { withDatabase } from "../connect.ts";
import { count } from "../confirm.ts";
import { formatFindings } from "../findings.ts";
import { formatTable, paint, shortDuration, type Terminal } from "../../print/index.ts";
import { consumerColumns } from "./consumer/columns.ts";
import { queueColumns } from "./queue/columns.ts";

const programs = ["status"];

const check = defineOption({
  name: "check",
  type: "bool",
  default: false,
  programs,
  doc: "exit with 3 when something needs attention, and print only that",
});
const maxBehind = defineOption({
  name: "max_behind",
  type: "duration",
  min: 0,
  default: 600_000,
  programs,
  doc: "a consumer that is further behind needs attention",
});
const maxPending = defineOption({
  name: "max_pending",
  type: "int",
  min: 0,
  programs,
  doc: "a consumer with more events before it needs attention; default any number is fine",
});
const maxDead = defineOption({
  name: "max_dead",
  type: "int",
  min: 0,
  default: 0,
  programs,
  doc: "a consumer with more dead letters needs attention",
});

export const statusCommand = command({
  name: "status",
  summary: "show queues, consumers, lag and rates, and what needs attention",
  args: [],
  options: [check, maxBehind, maxPending, maxDead, watchOption],
  examples: [
    { line: "skytools status --db dbname=shop --watch", doc: "keep an eye on it" },
    { line: "skytools status --check --max-behind 5min", doc: "for a monitoring system: exit status 0 or 3" },
  ],
  async run(context) {
    const { options, out } = context;
    const limits = {
      maxBehindMs: options.number("max_behind"),
      maxPendingEvents: options.number("max_pending"),
      maxDeadLetters: options.number("max_dead"),
    };
    const health = await withDatabase(context, (db) => examineQueues(db, limits));
    const isCheck = options.flag("check");
    out.result(health, () => (isCheck ? checkText(health, out.terminal) : statusText(health, out.terminal)));
    return isCheck && health.findings.length > 0 ? exitStatus.differencesFound : exitStatus.done;
  },
});

function statusText(health: QueueHealth, terminal: Terminal): string {
  const { database, serverVersion, pgqVersion, queues, consumers, findings } = health;
  const head = `${database}: PostgreSQL ${serverVersion}, PgQ ${pgqVersion ?? "of unknown version"}`;
  const attention =
    findings.length === 0
      ? `${paint(terminal, "green", "nothing needs attention")}\n`
      : formatFindings(findings, terminal);
  return [
    `${paint(terminal, "bold", head)}\n${tickerText(health, terminal)}\n`,
    formatTable(queueColumns, queues, terminal, "no queues: skytools queue create makes one"),
    formatTable(consumerColumns, consumers, terminal, "no consumers are registered"),
    attention,
  ].join("\n");
}

function tickerText({ ticker }: QueueHealth, terminal: Terminal): string {
  if (ticker === null) return "ticker: nothing to tick";
  const age =
    ticker.lastTickAgoMs === null ? "no ticks yet" : `last tick ${shortDuration(ticker.lastTickAgoMs) ?? ""} ago`;
  const state = ticker.isAlive ? paint(terminal, "green", "alive") : paint(terminal, "red", "not running, or late");
  return `ticker: ${state}, ${age}`;
}

function checkText({ database, queues, consumers, findings }: QueueHealth, terminal: Terminal): string {
  if (findings.length > 0) return formatFindings(findings, terminal);
  return `${database}: ok, ${count(queues.length, "queue")}, ${count(consumers.length, "consumer")}`;
}
