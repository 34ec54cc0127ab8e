// The dialect of the old Python programs, which is that of Python's ConfigParser: continuation lines, [DEFAULT],
// "=" or ":" between key and value, comments on lines of their own, a key or section twice is an error.
import { type ConfigDocument, configError, type ConfigEntry, linesOf } from "./document.ts";

const DEFAULT_SECTION = "DEFAULT";

interface OpenEntry {
  readonly lines: string[];
  readonly origin: string;
}

/** @throws CONFIG_FILE with file and line */
export function parsePythonIni(text: string, path: string): ConfigDocument {
  const reader = new Reader(path);
  linesOf(text).forEach((line, index) => reader.line(line, index + 1));
  return reader.document();
}

class Reader {
  readonly #path: string;
  readonly #sections = new Map<string, Map<string, OpenEntry>>();
  readonly #headers = new Map<string, string>();
  #section: Map<string, OpenEntry> | null = null;
  #sectionName = "";
  #entry: OpenEntry | null = null;
  #indent = 0;

  constructor(path: string) {
    this.#path = path;
  }

  line(line: string, number: number): void {
    const text = line.trim();
    if (text.startsWith("#") || text.startsWith(";")) return;
    if (text === "") {
      // An empty line may stand inside a value.
      this.#entry?.lines.push("");
      return;
    }
    const indent = line.search(/\S/);
    if (this.#entry !== null && indent > this.#indent) {
      this.#entry.lines.push(text);
      return;
    }
    this.#indent = indent;
    const header = /^\[(.+)\]/s.exec(text)?.[1];
    if (header === undefined) this.#addKey(text, `${this.#path}:${number}`);
    else this.#openSection(header, `${this.#path}:${number}`);
  }

  document(): ConfigDocument {
    const closed = new Map([...this.#sections].map(([name, section]) => [name, closeSection(section)]));
    const defaults = closed.get(DEFAULT_SECTION) ?? new Map<string, ConfigEntry>();
    closed.delete(DEFAULT_SECTION);
    return { path: this.#path, defaults, sections: closed };
  }

  #openSection(name: string, origin: string): void {
    const first = this.#headers.get(name);
    if (first !== undefined && name !== DEFAULT_SECTION) {
      throw configError(`${origin}: section [${name}] stands twice`, `the first is at ${first}: put them together`);
    }
    this.#headers.set(name, origin);
    this.#sectionName = name;
    this.#section = this.#sections.get(name) ?? new Map<string, OpenEntry>();
    this.#sections.set(name, this.#section);
    this.#entry = null;
  }

  #addKey(text: string, origin: string): void {
    if (this.#section === null) {
      throw configError(`${origin}: a key before any section`, "begin with the section, for example [pgqd]");
    }
    const separator = text.search(/[=:]/);
    const key = text.slice(0, Math.max(separator, 0)).trim().toLowerCase();
    if (key === "") {
      throw configError(
        `${origin}: neither a section, a key with a value, nor a comment`,
        "expected: key = value; longer values go on in lines with deeper indentation",
      );
    }
    const first = this.#section.get(key);
    if (first !== undefined) {
      throw configError(
        `${origin}: key "${key}" stands twice in [${this.#sectionName}]`,
        `the first is at ${first.origin}: remove one`,
      );
    }
    this.#entry = { lines: [text.slice(separator + 1).trim()], origin };
    this.#section.set(key, this.#entry);
  }
}

function closeSection(section: ReadonlyMap<string, OpenEntry>): ReadonlyMap<string, ConfigEntry> {
  const entries = [...section].map(
    ([key, { lines, origin }]) => [key, { value: lines.join("\n").trimEnd(), origin }] as const,
  );
  return new Map(entries);
}
