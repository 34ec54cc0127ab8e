// The text form of PostgreSQL arrays. Bounds ("[2:3]=") are dropped; dimensions become nested arrays.

export type ArrayOf<T> = (T | null | ArrayOf<T>)[];

/** @throws Error when the text is not an array literal */
export function parseArray<T>(text: string, element: (text: string) => T): ArrayOf<T> {
  const start = text.startsWith("[") ? text.indexOf("=") + 1 : 0;
  const reader = { text, at: start };
  const result = readArray(reader, element);
  if (reader.at !== text.length) throw malformed();
  return result;
}

/** Texts as a literal of one dimension. */
export function formatArray(values: readonly (string | null)[]): string {
  const items = values.map((value) => (value === null ? "NULL" : `"${value.replaceAll(/["\\]/g, "\\$&")}"`));
  return `{${items.join(",")}}`;
}

interface Reader {
  readonly text: string;
  at: number;
}

function readArray<T>(reader: Reader, element: (text: string) => T): ArrayOf<T> {
  expectChar(reader, "{");
  const items: ArrayOf<T> = [];
  if (reader.text[reader.at] === "}") {
    reader.at += 1;
    return items;
  }
  for (;;) {
    items.push(readItem(reader, element));
    if (reader.text[reader.at] === "}") break;
    expectChar(reader, ",");
  }
  reader.at += 1;
  return items;
}

function readItem<T>(reader: Reader, element: (text: string) => T): T | null | ArrayOf<T> {
  const char = reader.text[reader.at];
  if (char === "{") return readArray(reader, element);
  if (char === '"') return element(readQuoted(reader));
  const bare = readBare(reader);
  return bare.toUpperCase() === "NULL" ? null : element(bare);
}

function readQuoted(reader: Reader): string {
  let value = "";
  for (reader.at += 1; reader.at < reader.text.length; reader.at += 1) {
    const char = reader.text[reader.at];
    if (char === '"') {
      reader.at += 1;
      return value;
    }
    if (char === "\\") reader.at += 1;
    value += reader.text[reader.at] ?? "";
  }
  throw malformed();
}

function readBare(reader: Reader): string {
  const start = reader.at;
  while (reader.at < reader.text.length && !/[,{}"]/.test(reader.text[reader.at] ?? "")) reader.at += 1;
  const bare = reader.text.slice(start, reader.at);
  if (bare === "") throw malformed();
  return bare.replaceAll(/\\(.)/gs, "$1");
}

function expectChar(reader: Reader, char: string): void {
  if (reader.text[reader.at] !== char) throw malformed();
  reader.at += 1;
}

function malformed(): Error {
  return new Error("malformed array literal");
}
