// Whether the arguments of a trigger fit the table. The trigger reads them when the application writes, and a mistake in them
// would refuse its changes then.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { type Connection, PostgresError, quoteFqname, quoteIdent, splitFqname } from "../../postgres/index.ts";

const WORDS = ["backup", "skip", "deny"];
const COLUMN_LISTS = ["ignore", "pkey"];
const EXPRESSIONS = ["when", "ev_type", "ev_data", "ev_extra1", "ev_extra2", "ev_extra3", "ev_extra4"];
/** Not for the trigger: local_add_table and create_trigger read them. */
const KEYWORDS = ["capture", "expect_sync", "skip_truncate", "merge_all", "no_merge", "no_triggers", "virtual_table"];

/** Words that no trigger takes. @throws WRONG_USE */
export function checkTriggerWords(args: readonly string[]): void {
  for (const arg of args) {
    const [name, value] = pairOf(arg);
    const known = value === null ? [...WORDS, ...KEYWORDS] : [...COLUMN_LISTS, ...EXPRESSIONS, "tgflags"];
    if (known.includes(value === null ? name.toLowerCase() : name)) continue;
    const near = nearestName(name, [...WORDS, ...COLUMN_LISTS, ...EXPRESSIONS]);
    throw new SkytoolsError("WRONG_USE", `--trigger-arg does not know ${arg}`, {
      hint:
        near === null
          ? "backup, ignore=a,b, pkey=a,b, when=expression, ev_extra2=expression"
          : `did you mean ${near}${WORDS.includes(near) ? "" : "=…"}?`,
    });
  }
}

export interface GivenArgs {
  readonly args: readonly string[];
  /** By pgq.create_capture, whose expressions are plain SQL. Those of a row trigger may be any query's, and name columns in ways of their own. */
  readonly isCapture: boolean;
}

/** Columns that the table does not have, expressions that the server cannot read. Inside of a transaction. @throws TABLE_UNFIT */
export async function checkTriggerArgs(db: Connection, table: string, { args, isCapture }: GivenArgs): Promise<void> {
  const rows = await db.query<{ name: string }>(
    `select attname::text as name from pg_catalog.pg_attribute
      where attrelid = pg_catalog.to_regclass($1::text) and attnum > 0 and not attisdropped`,
    [quoteFqname(table)],
  );
  const columns = rows.map(({ name }) => name);
  for (const arg of args) {
    const [name, value] = pairOf(arg);
    if (value === null) continue;
    if (COLUMN_LISTS.includes(name)) {
      const missing = value.split(",").flatMap((entry) => (isCapture ? missingFrom : missingWords)(columns, entry));
      if (missing.length > 0) throw unfit(table, arg, `there is no column ${missing.join(", ")}`);
    }
    if (!EXPRESSIONS.includes(name)) continue;
    const given = { arg, expression: value, isCondition: name === "when" };
    if (isCapture) await checkExpression(db, table, given);
    else await checkRowExpression(db, table, given, columns);
  }
}

function missingFrom(columns: readonly string[], entry: string): readonly string[] {
  return columns.includes(entry) ? [] : [entry];
}

/** Row triggers read an entry that is no column as words between white space. */
function missingWords(columns: readonly string[], entry: string): readonly string[] {
  if (columns.includes(entry) || columns.includes(entry.trim())) return [];
  return entry
    .trim()
    .split(/\s+/)
    .filter((word) => !columns.includes(word));
}

interface Expression {
  readonly arg: string;
  readonly expression: string;
  readonly isCondition: boolean;
}

/** Lets the server read it, and evaluates nothing. */
async function checkExpression(
  db: Connection,
  table: string,
  { arg, expression, isCondition }: Expression,
): Promise<void> {
  const alias = quoteIdent(splitFqname(table)[1]);
  const row = `select (${expression}\n) as x from (select (null::${quoteFqname(table)}).*) ${alias} where false`;
  const condition = isCondition ? "s.x" : "true";
  const fault = await faultOf(db, () => `prepare _londiste_check as select from (${row}) s where ${condition}`);
  if (fault !== null) throw unfit(table, arg, fault.message, { cause: fault });
}

/** The same for a row trigger, which computes it for each row with the search_path of whoever changes that. */
async function checkRowExpression(
  db: Connection,
  table: string,
  { arg, expression, isCondition }: Expression,
  columns: readonly string[],
): Promise<void> {
  const { isThere } = await db.one<{ isThere: boolean }>(
    `select pg_catalog.to_regprocedure('pgq._row_words(text, text[])') is not null as "isThere"`,
  );
  if (!isThere) return; // the triggers of an older release
  const begin = async (): Promise<string> => {
    const { words } = await db.one<{ words: string }>("select pgq._row_words($1, $2) as words", [expression, columns]);
    const value = `(select ($1).*) as _pgq_row, lateral (select ${words}\n) as _pgq_value(_pgq_value)`;
    return `prepare _londiste_check (${quoteFqname(table)}) as select from ${value}`;
  };
  const fault = await faultOf(db, begin);
  if (fault !== null) {
    const hint = "functions, types and tables need their schema: the search_path is that of whoever changes a row";
    throw unfit(table, arg, fault.message, { cause: fault, hint });
  }
  if (!isCondition) return;
  const kind = await faultOf(db, async () => `${await begin()} where _pgq_value._pgq_value is not distinct from true`);
  if (kind !== null) throw unfit(table, arg, "its value is not a boolean", { cause: kind });
}

/** Why the server cannot read the statement that prepares _londiste_check; null: it can. */
async function faultOf(db: Connection, prepare: () => string | Promise<string>): Promise<PostgresError | null> {
  try {
    await db.execute(await prepare());
  } catch (error) {
    if (error instanceof PostgresError && error.code === "DATABASE") return error;
    throw error;
  }
  await db.execute("deallocate _londiste_check");
  return null;
}

/** `name=value`; null: a word without one. */
function pairOf(arg: string): readonly [name: string, value: string | null] {
  const equals = arg.indexOf("=");
  return equals < 0 ? [arg, null] : [arg.slice(0, equals), arg.slice(equals + 1)];
}

function unfit(
  table: string,
  arg: string,
  reason: string,
  more: { readonly cause?: unknown; readonly hint?: string } = {},
): SkytoolsError {
  return new SkytoolsError("TABLE_UNFIT", `table ${table}: --trigger-arg ${arg}: ${reason}`, more);
}
