// Reads `create or replace function` as our files have it: every parameter has a name, the body is dollar-quoted.
import { createHash } from "node:crypto";
import { firstParentheses, splitList } from "./scan-sql.ts";

export interface FunctionDefinition {
  /** schema.name(type, …) with the types of the input parameters as the file spells them. */
  readonly signature: string;
  readonly name: string;
  readonly kind: "function" | "procedure";
  readonly language: string;
  readonly volatility: "volatile" | "stable" | "immutable";
  readonly isSecurityDefiner: boolean;
  readonly isStrict: boolean;
  /** As in pg_proc.proconfig: `search_path=pg_catalog, pg_temp`. */
  readonly settings: readonly string[];
  /** md5 of the body in hexadecimal, as the server's md5(prosrc). */
  readonly bodyHash: string;
}

const HEAD = /^create\s+or\s+replace\s+(function|procedure)\s+([a-z_]\w*\.[a-z_]\w*)\s*(?=\()/i;

/** The definition in a statement; null when the statement is something else. */
export function parseFunction(statement: string): FunctionDefinition | null {
  const head = HEAD.exec(statement);
  if (head === null) return null;
  const name = head[2] ?? "";
  const { inside, rest } = firstParentheses(statement);
  const quoted = /\bas\s+\$(\w*)\$([\s\S]*)\$\1\$/i.exec(rest);
  if (quoted === null) throw new Error(`function ${name} has no dollar-quoted body`);
  const clauses = (rest.slice(0, quoted.index) + rest.slice(quoted.index + quoted[0].length)).replaceAll(/\s+/g, " ");
  return {
    signature: `${name}(${inputTypes(inside).join(", ")})`,
    name,
    kind: /procedure/i.test(head[1] ?? "") ? "procedure" : "function",
    language: /\blanguage (\w+)/i.exec(clauses)?.[1] ?? "sql",
    volatility: /\bimmutable\b/i.test(clauses) ? "immutable" : /\bstable\b/i.test(clauses) ? "stable" : "volatile",
    isSecurityDefiner: /\bsecurity definer\b/i.test(clauses),
    isStrict: /\bstrict\b|\breturns null on null input\b/i.test(clauses),
    settings: [
      ...clauses.matchAll(
        /\bset (\w+) ?(?:=|\bto\b) ?([\w$", ]+?)(?= set | language | as |$| security | stable| strict)/gi,
      ),
    ].map((match) => `${match[1] ?? ""}=${(match[2] ?? "").trim()}`),
    bodyHash: createHash("md5")
      .update(quoted[2] ?? "")
      .digest("hex"),
  };
}

function inputTypes(parameters: string): readonly string[] {
  return splitList(parameters)
    .filter((parameter) => !/^out\s/i.test(parameter))
    .map((parameter) =>
      parameter
        .replace(/^(?:in|inout|variadic)\s+/i, "")
        .replace(/\s*(?:\bdefault\b|:?=)[\s\S]*$/i, "")
        .replace(/^\S+\s+/, ""),
    );
}
