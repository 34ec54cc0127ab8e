// The password file (~/.pgpass): lines host:port:database:user:password. Only the text; sources.ts reads the file.

export interface PasswordQuestion {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly user: string;
}

/** The password of the first line that fits, or null. "*" fits everything; "\" escapes ":" and itself. */
export function findPassword(text: string, question: PasswordQuestion): string | null {
  const wanted = [question.host, question.port, question.database, question.user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = splitFields(line);
    const password = fields[4];
    if (password === undefined || password === "") continue;
    if (wanted.every((value, i) => fields[i] === "*" || unescape(fields[i] ?? "") === value)) return unescape(password);
  }
  return null;
}

/** Four fields and the rest; escapes are kept, so that "\*" is not taken for a wild card. */
function splitFields(line: string): string[] {
  const fields: string[] = [];
  let start = 0;
  for (let at = 0; at < line.length && fields.length < 4; at += 1) {
    if (line[at] === "\\") at += 1;
    else if (line[at] === ":") {
      fields.push(line.slice(start, at));
      start = at + 1;
    }
  }
  fields.push(line.slice(start));
  return fields;
}

function unescape(field: string): string {
  return field.replaceAll(/\\(.)/g, "$1");
}
