// Reads `grant … on … to …` from our files, and the groups of functions in grants.sql.
import type { FunctionDefinition } from "./function-definition.ts";
import { splitList } from "./scan-sql.ts";

export interface GrantDefinition {
  readonly privilege: string;
  /** function covers procedures; table covers what is granted without a word. */
  readonly kind: "function" | "table" | "sequence" | "schema";
  /** Qualified name; with the types of the input parameters for a function. */
  readonly object: string;
  readonly grantee: string;
}

const GRANT =
  /^grant\s+([\s\S]+?)\s+on\s+(?:(function|procedure|routine|table|sequence|schema)\s+)?([\s\S]+?)\s+to\s+([\s\S]+)$/i;

/**
 * One entry for each privilege, object and grantee of a statement; none when it is no grant on objects. Rights to single
 * columns are left out: the catalog keeps them elsewhere, and nobody misses work by them.
 */
export function parseGrants(statement: string): readonly GrantDefinition[] {
  const match = GRANT.exec(statement);
  if (match === null) return [];
  const [, privileges = "", word = "table", objects = "", grantees = ""] = match;
  const lower = word.toLowerCase();
  const kind = lower === "procedure" || lower === "routine" ? "function" : (lower as GrantDefinition["kind"]);
  return splitList(objects).flatMap((object) =>
    wholeObject(splitList(privileges)).flatMap((privilege) =>
      splitList(grantees).map((grantee) => ({ privilege: privilege.toLowerCase(), kind, object, grantee })),
    ),
  );
}

function wholeObject(privileges: readonly string[]): readonly string[] {
  return privileges.filter((privilege) => !privilege.includes("("));
}

const GROUP = /\bc_(public|reader|writer|admin)\s+constant\s+text\[\]\s*:=\s*array\s*\[([^\]]*)\]/gi;

/** The arrays `c_<group> constant text[] := array['name', …]` of grants.sql, for all overloads of each name. */
export function parseFunctionGroups(
  statement: string,
  functions: readonly FunctionDefinition[],
): readonly GrantDefinition[] {
  return [...statement.matchAll(GROUP)].flatMap(([, group = "", list = ""]) => {
    const names = new Set([...list.replaceAll(/--.*$/gm, "").matchAll(/'([^']+)'/g)].map(([, name]) => name));
    const grantee = group === "public" ? "public" : `pgq_${group}`;
    return functions
      .filter(({ name }) => names.has(name.slice(name.indexOf(".") + 1)))
      .map(({ signature }) => ({ privilege: "execute", kind: "function", object: signature, grantee }));
  });
}
