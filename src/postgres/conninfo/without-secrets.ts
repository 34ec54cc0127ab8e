// A connection string as it may be shown: in tables, JSON, log lines, names of connections.
import { formatKeywordPairs, parseKeywordPairs } from "./parse-keywords.ts";
import { isUri, parseUriPairs } from "./parse-uri.ts";

const SECRETS: ReadonlySet<string> = new Set(["password", "sslpassword", "oauth_client_secret"]);

/** The text as it is when it has no password; else with *** in its place. A text that cannot be read is not shown. */
export function withoutSecrets(connstr: string): string {
  try {
    const pairs = isUri(connstr) ? parseUriPairs(connstr) : connstr.includes("=") ? parseKeywordPairs(connstr) : [];
    if (!pairs.some(([name]) => SECRETS.has(name))) return connstr;
    return formatKeywordPairs(pairs.map(([name, value]) => [name, SECRETS.has(name) ? "***" : value]));
  } catch {
    return "(not a connection string)";
  }
}
