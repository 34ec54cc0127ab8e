// Words of a command line that name tables or sequences: names, and globs over what there is.
import { globPattern } from "../tables/glob.ts";
import { fullName } from "../tables/table-info.ts";

export interface NameWish {
  readonly words: readonly string[];
  /** Without words: all candidates. */
  readonly isAll: boolean;
  /** Full names that can be taken. */
  readonly candidates: readonly string[];
  /** Full names for which there is nothing to do. */
  readonly done: readonly string[];
}

export interface ExpandedNames {
  /** Each once, in the order of the words. */
  readonly wanted: readonly string[];
  /** Named, and nothing to do. */
  readonly done: readonly string[];
  /** Named, and not there. */
  readonly unknown: readonly string[];
}

export function expandNames({ words, isAll, candidates, done }: NameWish): ExpandedNames {
  if (words.length === 0) return { wanted: isAll ? [...candidates] : [], done: [], unknown: [] };
  const wanted = new Set<string>();
  const finished = new Set<string>();
  const unknown = new Set<string>();
  for (const word of words.map(fullName)) {
    if (/[*?]/.test(word)) {
      const pattern = globPattern(word);
      const found = candidates.filter((name) => pattern.test(name));
      found.forEach((name) => wanted.add(name));
      const finishedToo = done.filter((name) => pattern.test(name));
      if (found.length === 0) (finishedToo.length === 0 ? [word] : []).forEach((name) => unknown.add(name));
      if (found.length === 0) finishedToo.forEach((name) => finished.add(name));
    } else if (candidates.includes(word)) wanted.add(word);
    else if (done.includes(word)) finished.add(word);
    else unknown.add(word);
  }
  return { wanted: [...wanted], done: [...finished], unknown: [...unknown] };
}
