// Reads a connection string in either of its forms.
import { type Conninfo, makeConninfo } from "./conninfo.ts";
import { parseKeywordPairs } from "./parse-keywords.ts";
import { isUri, parseUriPairs } from "./parse-uri.ts";

/**
 * Reads a connection string. A text that has neither a scheme nor a "=" is a database name, as for psql.
 * @throws CONNECTION_STRING; the message never repeats a value
 */
export function parseConninfo(text: string): Conninfo {
  if (isUri(text)) return makeConninfo(parseUriPairs(text));
  if (text.includes("=")) return makeConninfo(parseKeywordPairs(text));
  return makeConninfo(text.trim() === "" ? [] : [["dbname", text]]);
}
