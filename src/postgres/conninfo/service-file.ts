// The connection service file (pg_service.conf): [name], then keyword=value lines. Only the text; sources.ts reads it.
import { SkytoolsError } from "../../errors/index.ts";
import { type Conninfo, makeConninfo } from "./conninfo.ts";

/** The settings of one service, or null when the file does not have it. @throws SERVICE_FILE, CONNECTION_STRING */
export function findService(text: string, service: string): Conninfo | null {
  let isWanted = false;
  let isFound = false;
  const pairs: [string, string][] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("[")) {
      // libpq stops at the next section: a second section of the same name does not count.
      if (isFound) break;
      isWanted = line === `[${service}]`;
      isFound = isWanted;
    } else if (isWanted) {
      pairs.unshift(readLine(line, index + 1));
    }
  }
  // Reversed above: the first of two lines with the same keyword wins, as in libpq.
  return isFound ? makeConninfo(pairs) : null;
}

function readLine(line: string, lineNumber: number): [string, string] {
  const equals = line.indexOf("=");
  if (equals < 0)
    throw new SkytoolsError("SERVICE_FILE", `line ${lineNumber} of the service file is not keyword=value`);
  const name = line.slice(0, equals).trim();
  if (name === "service" || name === "servicefile") {
    throw new SkytoolsError("SERVICE_FILE", `line ${lineNumber} of the service file names a service: they do not nest`);
  }
  return [name, line.slice(equals + 1)];
}
