// More than one root: what has come of it, and what can be done.
import { gravestoneOf } from "../admin/gravestone.ts";
import type { SetStatus } from "./read-status.ts";

/** One line; null when there is one root, or none. */
export function severalRoots({ members }: SetStatus): string | null {
  const roots = members.filter(({ answer }) => answer?.info.type === "root");
  if (roots.length < 2) return null;
  const names = roots.map(({ name }) => name).join(", ");
  const replaced = roots.find(({ name }) =>
    roots.some(({ answer }) => answer?.readers.some((reader) => reader.name === gravestoneOf(name))),
  );
  return replaced === undefined
    ? `Roots: ${names}. Give a takeover that was killed again; else keep one, drop-node the others, and create them anew`
    : `Roots: ${names}. Node ${replaced.name} was replaced as lost: run resurrect on it`;
}
