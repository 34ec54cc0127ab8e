// Cuts our SQL files into statements. Knows quotes, dollar quotes and comments; nothing else of the grammar.

// a comment, a quoted string or name, a dollar-quoted string, a semicolon, a parenthesis, or any other character
const TOKEN = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|[\s\S]/g;

export interface Statement {
  /** Without comments outside of strings, without the semicolon; white space trimmed. */
  readonly text: string;
}

/** The statements of a script in their order; empty ones are left out. */
export function splitStatements(script: string): readonly Statement[] {
  const statements: Statement[] = [];
  let text = "";
  const finish = (): void => {
    if (text.trim() !== "") statements.push({ text: text.trim() });
    text = "";
  };
  for (const [token] of script.matchAll(TOKEN)) {
    if (token === ";") finish();
    else text += isComment(token) ? " " : token;
  }
  finish();
  return statements;
}

/** Splits at commas that stand outside of parentheses, brackets and quotes. */
export function splitList(list: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const [token] of list.matchAll(TOKEN)) {
    if ("([".includes(token)) depth += 1;
    if (")]".includes(token)) depth -= 1;
    if (token === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += token;
  }
  return [...parts, part].map((item) => item.replaceAll(/\s+/g, " ").trim()).filter((item) => item !== "");
}

/** The text between the first parenthesis of `text` and its partner, and what follows. */
export function firstParentheses(text: string): { readonly inside: string; readonly rest: string } {
  let depth = 0;
  let start = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match[0] === "(" && (depth += 1) === 1) start = match.index + 1;
    if (match[0] === ")" && (depth -= 1) === 0) {
      return { inside: text.slice(start, match.index), rest: text.slice(match.index + 1) };
    }
  }
  throw new Error(`no parentheses in: ${text.slice(0, 80)}`);
}

function isComment(token: string): boolean {
  return token.startsWith("--") || token.startsWith("/*");
}
