// The dialect of pgqd: one line a key, case counts, no continuation, no interpolation, no [DEFAULT]; %include.
// Source: spec of pgqd, chapter 3.1; a key or section that stands twice was tried with pgqd 3.5: the last value counts.
import { reasonOf } from "../../errors/index.ts";
import { type ConfigDocument, configError, type ConfigEntry, linesOf, type ReadText } from "./document.ts";

const MAX_NESTING = 10;

interface State {
  readonly sections: Map<string, Map<string, ConfigEntry>>;
  section: Map<string, ConfigEntry> | null;
}

/** `path` of an include is relative to the current directory. @throws CONFIG_FILE with file and line */
export function parsePgqdIni(text: string, path: string, readText: ReadText): ConfigDocument {
  const state: State = { sections: new Map(), section: null };
  readFile(text, path, state, { readText, depth: 0 });
  return { path, defaults: new Map(), sections: state.sections };
}

interface Nesting {
  readonly readText: ReadText;
  readonly depth: number;
}

function readFile(text: string, path: string, state: State, nesting: Nesting): void {
  linesOf(text).forEach((line, index) => readLine(line.trim(), `${path}:${index + 1}`, state, nesting));
}

function readLine(line: string, origin: string, state: State, nesting: Nesting): void {
  if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
  const header = /^\[([^\]]+)\](.*)$/s.exec(line);
  const included = /^%include\s+(.+)$/s.exec(line)?.[1];
  if (header?.[1] !== undefined) {
    state.section = state.sections.get(header[1]) ?? new Map<string, ConfigEntry>();
    state.sections.set(header[1], state.section);
    readLine((header[2] ?? "").trim(), origin, state, nesting);
  } else if (included !== undefined) {
    include(included.trim(), origin, state, nesting);
  } else {
    addKey(line, origin, state);
  }
}

function include(path: string, origin: string, state: State, { readText, depth }: Nesting): void {
  if (depth + 1 > MAX_NESTING) {
    throw configError(`${origin}: %include goes deeper than ${MAX_NESTING} files`, "does a file include itself?");
  }
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw configError(`${origin}: cannot read "${path}": ${reasonOf(error)}`, undefined, error);
  }
  readFile(text, path, state, { readText, depth: depth + 1 });
}

function addKey(line: string, origin: string, state: State): void {
  const matched = /^(?:'([^']+)'|([A-Za-z0-9_.*-]+))\s*=\s*(.*)$/s.exec(line);
  const key = matched?.[1] ?? matched?.[2];
  if (key === undefined) throw configError(`${origin}: syntax error`, "expected: key = value, in one line");
  if (state.section === null) throw configError(`${origin}: a key before any section`, "begin with the section [pgqd]");
  state.section.set(key, { value: matched?.[3] ?? "", origin });
}
