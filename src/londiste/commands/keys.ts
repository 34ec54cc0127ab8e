// Keys and options that the commands about tables and sequences share.
import { setFlags } from "../../cascade/index.ts";
import { defineOption } from "../../service/index.ts";

const programs = ["londiste"];
const flagOnly = true;
const LOCK_TIMEOUT_MS = 10_000;

const list = <const N extends string>(name: N, doc: string) =>
  defineOption({ name, type: "list", default: [], programs, reload: true, placeholder: "NAMES", doc });

const flag = <const N extends string>(name: N, doc: string) =>
  defineOption({ name, type: "bool", default: false, programs, flagOnly, doc });

/** Not required: help and show-handlers do without. */
export const memberKeys = {
  db: defineOption({
    ...{ name: "db", type: "text", secret: true, reload: true, programs, placeholder: "CONNSTR" },
    doc: "connection string of this node's database: keywords as for libpq, or a postgresql:// URI",
  }),
  queueName: defineOption({
    ...{ name: "queue_name", type: "text", oldNames: ["pgq_queue_name"], oldNamesWin: true, programs },
    placeholder: "QUEUE",
    doc: "name of the cascaded queue",
  }),
  lockTimeout: defineOption({
    name: "lock_timeout",
    type: "duration",
    default: LOCK_TIMEOUT_MS,
    min: 0,
    programs,
    doc: "how long a statement that locks may take; compare and repair: how far the node may lag behind; 0 is no limit",
  }),
  registerOnlyTables: list("register_only_tables", "only these tables (full names) become known on this node"),
  registerSkipTables: list("register_skip_tables", "these tables (full names) never become known on this node"),
  registerOnlySeqs: list("register_only_seqs", "only these sequences (full names) become known on this node"),
  registerSkipSeqs: list("register_skip_seqs", "these sequences (full names) never become known on this node"),
} as const;

const oldKey = (name: string, reason: string) =>
  defineOption({ name, type: "text", programs, ignored: reason, doc: "has no effect" });

/** Keys of old files that nothing here needs. */
export const oldKeys = {
  handlerModules: oldKey("handler_modules", "all handlers are always there"),
  pgqAutocommit: oldKey("pgq_autocommit", "no transaction of the provider is held open between batches"),
  tableFilter: oldKey("table_filter", "it never had one; local_only leaves out the events of other tables"),
} as const;

/** Read with the sections of the file; here so that they are known. */
export const wantedSetKeys = {
  tables: list("tables", "names and patterns of the tables that all nodes of the file have"),
  sequences: list("sequences", "names and patterns of the sequences that all nodes of the file have"),
} as const;

export const dryRun = flag("dry_run", "check everything and print the steps, without doing them");

export const nameFlags = {
  all: flag("all", "all of them; takeover: the other nodes that read from the old one are moved too"),
  force: flag("force", "go on where it would stop; compare and repair: wait for a node that lags, however long"),
} as const;

export const timeoutFlag = { timeout: setFlags.timeout } as const;

export const triggerFlags = {
  triggerFlags: defineOption({
    name: "trigger_flags",
    type: "text",
    programs,
    flagOnly,
    placeholder: "LETTERS",
    doc: "row trigger of this form: I U D events, B A before or after, L URL encoded, Q SQL, J JSON, S rows do not reach the table",
  }),
  triggerArg: defineOption({
    name: "trigger_arg",
    type: "list",
    default: [],
    programs,
    flagOnly,
    placeholder: "ARG",
    doc: "given to the trigger: backup, ignore=a,b, pkey=a,b, when=…, ev_extra2=…; may be given several times",
  }),
  noTriggers: flag("no_triggers", "make no triggers"),
  handler: defineOption({
    name: "handler",
    type: "text",
    programs,
    flagOnly,
    doc: "what decides about copy and replay",
  }),
  handlerArg: defineOption({
    name: "handler_arg",
    type: "list",
    default: [],
    programs,
    flagOnly,
    placeholder: "KEY=VALUE",
    doc: "argument of the handler; may be given several times",
  }),
} as const;

export const copyFlags = {
  copyNode: defineOption({
    name: "copy_node",
    type: "text",
    programs,
    flagOnly,
    placeholder: "NODE",
    doc: "copy the rows from this node",
  }),
  findCopyNode: flag("find_copy_node", "copy the rows from the nearest node above that has them"),
} as const;

export const createFlags = {
  create: flag("create", "make what is missing here like that of the provider: columns and key"),
  createFull: flag("create_full", "the same with defaults, constraints, indexes, triggers, rules, rights, owner"),
  skipNonExisting: flag("skip_non_existing", "pass over what does not exist, with a warning"),
} as const;

export const tableWords = {
  name: "table",
  doc: "name or pattern with * and ?; without a dot the schema is public",
  isOptional: true,
  isRest: true,
} as const;

export const sequenceWords = { ...tableWords, name: "sequence" } as const;
