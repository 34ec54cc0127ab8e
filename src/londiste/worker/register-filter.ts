// Which tables and sequences of the set become known on this node (register_only_…, register_skip_…).
import { fullName } from "../tables/table-info.ts";

export interface RegisterRules {
  /** Empty: all. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

/** Names without a schema are those of public. */
export function isRegistered(name: string, { only, skip }: RegisterRules): boolean {
  const wanted = fullName(name);
  if (skip.some((other) => fullName(other) === wanted)) return false;
  return only.length === 0 || only.some((other) => fullName(other) === wanted);
}
