// Long options may be shortened to anything that only one of them begins with, as the old programs had it.
import { SkytoolsError } from "../errors/index.ts";

/** Writes shortened long options out. Words after a lone `--` are left alone, unknown options too. */
export function expandAbbreviations(argv: readonly string[], known: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return argv.map((word, index) => (end !== -1 && index >= end ? word : expand(word, known)));
}

function expand(word: string, known: readonly string[]): string {
  const match = /^--([a-z][a-z0-9-]*)(=.*)?$/s.exec(word);
  const name = match?.[1];
  if (match === null || name === undefined || known.includes(name)) return word;
  const candidates = known.filter((option) => option.startsWith(name));
  if (candidates.length > 1) {
    throw new SkytoolsError("WRONG_USE", `option --${name} is ambiguous`, {
      hint: `it could be ${candidates.map((option) => `--${option}`).join(" or ")}`,
    });
  }
  return candidates[0] === undefined ? word : `--${candidates[0]}${match[2] ?? ""}`;
}
