// Reads `grant … on … to …` from our files.
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

/** One entry for each privilege, object and grantee of a statement; none when it is no grant on objects. */
export function parseGrants(statement: string): readonly GrantDefinition[] {
  const match = GRANT.exec(statement);
  if (match === null) return [];
  const [, privileges = "", word = "table", objects = "", grantees = ""] = match;
  const lower = word.toLowerCase();
  const kind = lower === "procedure" || lower === "routine" ? "function" : (lower as GrantDefinition["kind"]);
  return splitList(objects).flatMap((object) =>
    splitList(privileges).flatMap((privilege) =>
      splitList(grantees).map((grantee) => ({ privilege: privilege.toLowerCase(), kind, object, grantee })),
    ),
  );
}
