// The options of pgqd: keys of its file, flags and variables. Source of names, units and defaults: pgqd 3.5.
import { parseConninfo } from "../postgres/index.ts";
import { defineOption, type OptionDefinition, type OptionValues } from "../service/index.ts";
import { defaultSettings, type TickerSettings } from "./settings.ts";

const programs = ["pgqd"];
const NO_SYSLOG =
  "there is no output to syslog: lines go to standard error and to logfile, and from there to the journal";

export const tickerOptions = {
  baseConnstr: defineOption({
    name: "base_connstr",
    type: "text",
    programs,
    reload: true,
    secret: true,
    placeholder: "CONNSTR",
    doc: "connection string without the database: keywords as for libpq, or a postgresql:// URI; PG* variables fill in what it leaves open",
  }),
  initialDatabase: defineOption({
    name: "initial_database",
    type: "text",
    programs,
    reload: true,
    placeholder: "NAME",
    doc: "database where the list of databases is read; default: postgres, or template1 where that is missing",
  }),
  databaseList: defineOption({
    name: "database_list",
    type: "list",
    programs,
    reload: true,
    doc: "exactly these databases; empty: all of the server that have PgQ",
  }),
  checkPeriod: defineOption({
    name: "check_period",
    type: "duration",
    default: defaultSettings.checkPeriodMs,
    min: 0,
    programs,
    reload: true,
    doc: "how often to look for new and dropped databases, and at databases without PgQ",
  }),
  tickerPeriod: defineOption({
    name: "ticker_period",
    type: "duration",
    default: defaultSettings.tickerPeriodMs,
    min: 0,
    programs,
    reload: true,
    doc: "longest pause between two looks at the queues",
  }),
  tickerFastPeriod: defineOption({
    name: "ticker_fast_period",
    type: "duration",
    default: defaultSettings.fastPeriodMs,
    min: 0,
    programs,
    reload: true,
    doc: "pause between two looks while events come; 2ms for the lowest latency; 0: no early ticks, every queue only by its own ticker_max_lag and ticker_max_count",
  }),
  maintPeriod: defineOption({
    name: "maint_period",
    type: "duration",
    default: defaultSettings.maintPeriodMs,
    min: 0,
    programs,
    reload: true,
    doc: "pause between two maintenance runs: rotation of tables, vacuum, upkeep",
  }),
  retryPeriod: defineOption({
    name: "retry_period",
    type: "duration",
    default: defaultSettings.retryPeriodMs,
    min: 0,
    programs,
    reload: true,
    doc: "longest pause between two runs that bring back events that were set aside or delayed; when one is due, they come at once",
  }),
  statsPeriod: defineOption({
    name: "stats_period",
    type: "duration",
    default: defaultSettings.statsPeriodMs,
    min: 0,
    programs,
    reload: true,
    doc: "pause between two statistics lines in the log, one second at least",
  }),
  connectionLifetime: defineOption({
    name: "connection_lifetime",
    type: "duration",
    default: defaultSettings.connectionLifetimeMs,
    min: 0,
    programs,
    reload: true,
    doc: "oldest age of the connection that ticks; then it is made anew",
  }),
  statementTimeout: defineOption({
    name: "statement_timeout",
    type: "duration",
    default: defaultSettings.statementTimeoutMs,
    min: 100,
    programs,
    reload: true,
    doc: "a statement that ticks is given up after this, and so is a connection that does not answer",
  }),
  exitAfterFailures: defineOption({
    name: "exit_after_failures",
    type: "int",
    default: defaultSettings.exitAfterFailures,
    min: 0,
    programs,
    reload: true,
    doc: "end with status 1 when one database failed so often in a row, for a supervisor that restarts or alarms; 0: never",
  }),
  syslog: ignored("syslog", NO_SYSLOG),
  syslogIdent: ignored("syslog_ident", NO_SYSLOG),
  syslogFacility: ignored("syslog_facility", NO_SYSLOG),
  maintDelay: ignored("maint_delay", "a key of the old ticker in Python: use maint_period"),
  maintDelayMin: ignored("maint_delay_min", "a key of the old ticker in Python: use maint_period"),
  loopDelay: ignored("loop_delay", "a key of the old ticker in Python: use ticker_period"),
} as const;

/** Shorter ones would only make noise, or keep the processor busy for nothing. */
const MIN_STATS_PERIOD_MS = 1000;
const MIN_PERIOD_MS = 10;
const MIN_TICKER_PERIOD_MS = 1;

/** @throws CONNECTION_STRING */
export function tickerSettings(options: OptionValues<typeof tickerOptions>): TickerSettings {
  const { baseConnstr, databaseList, initialDatabase, statsPeriod, tickerPeriod, tickerFastPeriod } = options;
  return {
    target: parseConninfo(baseConnstr ?? ""),
    databases: databaseList === null || databaseList.length === 0 ? null : databaseList,
    initialDatabase: initialDatabase === "" ? null : initialDatabase,
    checkPeriodMs: Math.max(options.checkPeriod, MIN_PERIOD_MS),
    tickerPeriodMs: Math.max(tickerPeriod, MIN_TICKER_PERIOD_MS),
    fastPeriodMs: tickerFastPeriod === 0 ? 0 : Math.max(tickerFastPeriod, MIN_TICKER_PERIOD_MS),
    maintPeriodMs: Math.max(options.maintPeriod, MIN_PERIOD_MS),
    retryPeriodMs: Math.max(options.retryPeriod, MIN_PERIOD_MS),
    statsPeriodMs: Math.max(statsPeriod, MIN_STATS_PERIOD_MS),
    connectionLifetimeMs: options.connectionLifetime,
    statementTimeoutMs: options.statementTimeout,
    exitAfterFailures: options.exitAfterFailures,
  };
}

function ignored(name: string, reason: string): OptionDefinition {
  return defineOption({ name, type: "text", programs, ignored: reason, doc: "has no effect" });
}
