// The reference page of a schema's SQL functions, from the headers inside their bodies.
import type { SchemaFile } from "../../src/pgq/install/schema-source.ts";

interface FunctionDoc {
  readonly name: string;
  readonly signature: string;
  readonly header: string;
}

/** Public functions first, in order of name; names that begin with an underscore are internal and left out. */
export function functionPage(schema: string, files: readonly SchemaFile[]): string {
  const functions = files
    .flatMap((file) => functionDocs(schema, file.text))
    .filter(({ name }) => !name.startsWith("_"))
    .sort((a, b) => (a.name === b.name ? a.signature.localeCompare(b.signature) : a.name < b.name ? -1 : 1));
  const sections = functions.map(({ signature, header }) => `## ${signature}\n\n\`\`\`text\n${header}\n\`\`\`\n`);
  return [`# Functions of schema ${schema}`, "", ...sections].join("\n");
}

const CREATE = /^create or replace (?:function|procedure) (\w+)\.(\w+)\s*\(/gim;
const HEADER = /^-- -{10,}\n((?:--[^\n]*\n)+?)-- -{10,}$/m;

function functionDocs(schema: string, text: string): readonly FunctionDoc[] {
  const starts = [...text.matchAll(CREATE)].filter((match) => match[1] === schema);
  return starts.map((match, i) => {
    const body = text.slice(match.index, starts[i + 1]?.index ?? text.length);
    return {
      name: match[2] ?? "",
      signature: signatureOf(body),
      header: headerOf(body),
    };
  });
}

function signatureOf(body: string): string {
  const open = body.indexOf("(");
  let depth = 0;
  let close = open;
  for (; close < body.length; close += 1) {
    if (body[close] === "(") depth += 1;
    if (body[close] === ")") depth -= 1;
    if (depth === 0) break;
  }
  const name = body.slice(0, open).replace(/^.*\s/s, "");
  const parameters = body
    .slice(open + 1, close)
    .replace(/\s+/g, " ")
    .trim();
  const returns = /^\s*returns\s+(.+?)\s*(?:$|\bas\b|\blanguage\b)/im.exec(body.slice(close + 1));
  return `${name}(${parameters})${returns === null ? "" : ` → ${(returns[1] ?? "").trim()}`}`;
}

function headerOf(body: string): string {
  const header = HEADER.exec(body)?.[1] ?? "";
  return header
    .split("\n")
    .map((line) => line.replace(/^-- ?/, "").trimEnd())
    .join("\n")
    .trim();
}
