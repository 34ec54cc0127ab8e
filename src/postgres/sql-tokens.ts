// Cuts SQL text into tokens, and scripts into statements. It knows quoting and comments, no grammar.
import { SkytoolsError } from "../errors/index.ts";

export type SqlTokenKind = "ident" | "ws" | "str" | "dolq" | "num" | "numarg" | "pyold" | "pynew" | "sym" | "error";

export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly text: string;
}

export interface TokenizeOptions {
  /** false: a backslash escapes in '…' as in E'…'. Default: true. */
  readonly isStandard?: boolean;
  /** true: `a.b` is one token. */
  readonly isFqident?: boolean;
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`;
const OLD_STRING = String.raw`'(?:[^'\\]|\\[^]|'')*'`;

function pattern({ isStandard = true, isFqident = false }: TokenizeOptions): RegExp {
  const parts: Readonly<Record<Exclude<SqlTokenKind, "error">, string>> = {
    ws: String.raw`(?:\s|--[^\n]*(?:\n|$))+`,
    str: String.raw`[Ee]${OLD_STRING}|(?:[BbXxNn]|[Uu]&)?${isStandard ? "'(?:[^']|'')*'" : OLD_STRING}`,
    dolq: String.raw`\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\k<tag>\$`,
    numarg: String.raw`\$\d+`,
    ident: isFqident ? String.raw`${NAME}(?:\.${NAME})*` : NAME,
    num: String.raw`(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`,
    pyold: String.raw`%\([^)]+\)s`,
    pynew: String.raw`\{[^{}]+\}`,
    sym: String.raw`<>|<=|>=|!=|\|\||[-+*/%<>=~!@#^&|?:;,.()[\]{}]`,
  };
  const groups = Object.entries(parts).map(([kind, text]) => `(?<${kind}>${text})`);
  return new RegExp(groups.join("|"), "y");
}

/** All of the text comes back in tokens; what is none is a token of kind error, one character long. */
export function* tokenizeSql(sql: string, options: TokenizeOptions = {}): Generator<SqlToken> {
  const token = pattern(options);
  let blank = "";
  for (let at = 0; at < sql.length;) {
    const found = sql.startsWith("/*", at) ? blockComment(sql, at) : match(token, sql, at);
    at += found.text.length;
    if (found.kind === "ws") {
      blank += found.text;
      continue;
    }
    if (blank !== "") yield { kind: "ws", text: blank };
    blank = "";
    yield found;
  }
  if (blank !== "") yield { kind: "ws", text: blank };
}

function match(token: RegExp, sql: string, at: number): SqlToken {
  token.lastIndex = at;
  const groups = token.exec(sql)?.groups ?? {};
  const found = Object.entries(groups).find(
    ([kind, text]) => kind !== "tag" && (text as string | undefined) !== undefined,
  );
  if (found === undefined) return { kind: "error", text: sql.charAt(at) };
  return { kind: found[0] as SqlTokenKind, text: found[1] };
}

/** Comments nest. One without an end takes the rest. */
function blockComment(sql: string, start: number): SqlToken {
  let depth = 0;
  const border = /\/\*|\*\//g;
  border.lastIndex = start;
  for (let found = border.exec(sql); found !== null; found = border.exec(sql)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return { kind: "ws", text: sql.slice(start, border.lastIndex) };
  }
  return { kind: "ws", text: sql.slice(start) };
}

/**
 * The statements of a script, each with its semicolon, without what stands between them.
 * @throws WRONG_USE on brackets without end, on text that is no SQL, and on COPY from stdin, whose data is no SQL
 */
export function* splitStatements(script: string, options: TokenizeOptions = {}): Generator<string> {
  let statement = "";
  let words: readonly string[] = [];
  const nesting = new Nesting();
  for (const { kind, text } of tokenizeSql(script, options)) {
    if (kind === "error") throw notSplit(`there is a lone ${text}`);
    if (kind === "ws" && statement === "") continue;
    statement += text;
    if (kind !== "ws") words = [...words.slice(-3), text.toLowerCase()];
    nesting.take(kind, text.toLowerCase(), words.at(-2));
    if (text !== ";" || nesting.depth > 0) continue;
    refuseCopy(statement);
    yield statement;
    statement = "";
  }
  if (nesting.depth > 0) throw notSplit("a bracket has no end");
  if (statement.trim() === "") return;
  refuseCopy(statement);
  yield statement.trim();
}

/** Brackets, and bodies of functions between `begin atomic` and `end`. */
class Nesting {
  readonly #open: string[] = [];

  get depth(): number {
    return this.#open.length;
  }

  take(kind: SqlTokenKind, text: string, before: string | undefined): void {
    if (text === "(" || text === "[") this.#open.push(text);
    else if (text === ")" || text === "]") this.#open.pop();
    else if (kind === "ident" && text === "atomic" && before === "begin") this.#open.push(text);
    else if (kind === "ident" && text === "case" && this.#open.includes("atomic")) this.#open.push(text);
    else if (kind === "ident" && text === "end" && this.#open.includes("atomic")) this.#open.pop();
  }
}

function refuseCopy(statement: string): void {
  if (/^copy\b[^]*\bfrom\s+stdin\b/i.test(statement)) throw notSplit("copy from stdin cannot stand in a script");
}

function notSplit(why: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `the script cannot be cut into statements: ${why}`);
}
