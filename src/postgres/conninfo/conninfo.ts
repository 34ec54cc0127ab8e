// What a connection string says: keywords and their values, nothing looked up, nothing defaulted.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { isKeyword, type Keyword, keywordNames, keywordTable } from "./keywords.ts";

/** Keyword values. Secrets are there but not enumerable: printing or serialising it never shows a password. */
export type Conninfo = Readonly<Partial<Record<Keyword, string>>>;

/** Makes a Conninfo of pairs; a later pair replaces an earlier one. @throws CONNECTION_STRING on an unknown keyword */
export function makeConninfo(pairs: Iterable<readonly [string, string]>): Conninfo {
  const conninfo: Partial<Record<Keyword, string>> = {};
  for (const [name, value] of pairs) {
    if (!isKeyword(name)) throw unknownKeyword(name);
    if (value.includes("\0")) throw connectionStringError(`the value of "${name}" holds a zero byte`);
    Object.defineProperty(conninfo, name, {
      value,
      enumerable: keywordTable[name].secret !== true,
      configurable: true,
      writable: true,
    });
  }
  return conninfo;
}

/** The keywords that are set, secrets too, in the order of the table. */
export function conninfoPairs(conninfo: Conninfo): [Keyword, string][] {
  return keywordNames.flatMap((name): [Keyword, string][] => {
    const value = conninfo[name];
    return value === undefined ? [] : [[name, value]];
  });
}

/** One out of several; where two set the same keyword, the earlier of them wins. */
export function mergeConninfo(...bestFirst: readonly Conninfo[]): Conninfo {
  return makeConninfo([...bestFirst].reverse().flatMap(conninfoPairs));
}

export function connectionStringError(message: string, hint?: string): SkytoolsError {
  return new SkytoolsError("CONNECTION_STRING", message, {
    hint: hint ?? "examples: postgresql://user@host:5432/db or host=localhost dbname=db",
  });
}

export function unknownKeyword(name: string): SkytoolsError {
  const nearest = nearestName(name, keywordNames);
  // What was not recognised as a keyword can be a piece of a password: only plain words are repeated.
  const shown = /^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(name) ? `"${name}"` : "(not shown)";
  return connectionStringError(
    `unknown connection keyword ${shown}`,
    nearest === null ? `known keywords: ${keywordNames.join(", ")}` : `did you mean "${nearest}"?`,
  );
}
