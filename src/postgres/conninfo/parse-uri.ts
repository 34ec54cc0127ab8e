// The URI form of a connection string: postgresql://user:password@host1:1,host2/db?option=value, read as libpq reads it.
import { connectionStringError } from "./conninfo.ts";

const SCHEME = /^postgres(?:ql)?:\/\//;

export function isUri(text: string): boolean {
  return SCHEME.test(text);
}

/** Pairs of keyword and value. Parts that are empty are left out. @throws CONNECTION_STRING */
export function parseUriPairs(text: string): [string, string][] {
  const body = text.replace(SCHEME, "");
  // The user part ends at the first "@" before a "/", as in libpq: an "@" in a password is written %40.
  const userEnd = /^[^/@]*@/.exec(body)?.[0].length ?? 0;
  const userInfo = body.slice(0, Math.max(0, userEnd - 1));
  const afterUser = body.slice(userEnd);
  const queryStart = afterUser.indexOf("?");
  const rest = queryStart < 0 ? afterUser : afterUser.slice(0, queryStart);
  const query = queryStart < 0 ? "" : afterUser.slice(queryStart + 1);
  const slash = rest.indexOf("/");
  const hostList = slash < 0 ? rest : rest.slice(0, slash);
  const dbname = slash < 0 ? "" : rest.slice(slash + 1);

  return [
    ...userPairs(userInfo),
    ...hostPairs(hostList),
    ...(dbname === "" ? [] : [["dbname", decode(dbname)] satisfies [string, string]]),
    ...queryPairs(query),
  ];
}

function userPairs(userInfo: string): [string, string][] {
  const colon = userInfo.indexOf(":");
  const user = colon < 0 ? userInfo : userInfo.slice(0, colon);
  const password = colon < 0 ? "" : userInfo.slice(colon + 1);
  const pairs: [string, string][] = [];
  if (user !== "") pairs.push(["user", decode(user)]);
  if (password !== "") pairs.push(["password", decode(password)]);
  return pairs;
}

function hostPairs(hostList: string): [string, string][] {
  if (hostList === "") return [];
  const parts = hostList.split(",").map(hostAndPort);
  const hosts = parts.map((part) => decode(part.host)).join(",");
  const ports = parts.map((part) => decode(part.port)).join(",");
  const pairs: [string, string][] = [];
  if (hosts !== "") pairs.push(["host", hosts]);
  if (ports.replaceAll(",", "") !== "") pairs.push(["port", ports]);
  return pairs;
}

function hostAndPort(part: string): { host: string; port: string } {
  if (part.startsWith("[")) {
    const matched = /^\[([^\]]+)\](?::(.*))?$/.exec(part);
    if (matched === null)
      throw connectionStringError("an IPv6 address in the connection string needs [ and ] around it");
    return { host: matched[1] ?? "", port: matched[2] ?? "" };
  }
  const colon = part.indexOf(":");
  return colon < 0 ? { host: part, port: "" } : { host: part.slice(0, colon), port: part.slice(colon + 1) };
}

function queryPairs(query: string): [string, string][] {
  if (query === "") return [];
  return query.split("&").map((item): [string, string] => {
    const equals = item.indexOf("=");
    if (equals < 0) throw connectionStringError("a parameter after the ? of the connection string has no =");
    if (item.includes("=", equals + 1)) {
      throw connectionStringError("a parameter after the ? of the connection string has a second =; write it as %3D");
    }
    const name = decode(item.slice(0, equals));
    const value = decode(item.slice(equals + 1));
    // JDBC's way to ask for TLS, which libpq accepts too.
    return name === "ssl" && value === "true" ? ["sslmode", "require"] : [name, value];
  });
}

function decode(text: string): string {
  if (!text.includes("%")) return text;
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw connectionStringError(
      "a % in the connection string is not followed by two hexadecimal digits",
      "write % as %25",
    );
  }
  if (decoded.includes("\0")) throw connectionStringError("%00 is not allowed in a connection string");
  return decoded;
}
