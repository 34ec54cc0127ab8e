// How far the comparison of one table is, so that another process can go on with it. What has been compared was equal or not
// at the tick that was agreed on for it, which is an older one than that of what is still to be compared.
import { createHash } from "node:crypto";
import type { KeyRange } from "./reader.ts";
import type { TableMatch } from "./table-match.ts";
import type { TallyState } from "./tally.ts";

export interface ComparePlace {
  /** What the rows were compared by: a place of another kind is of no use. */
  readonly basis: string;
  /** Still to be compared. */
  readonly ranges: readonly KeyRange[];
  /** Of all other ranges. */
  readonly tally: TallyState;
}

export interface PlaceKeeper {
  readonly from: ComparePlace | null;
  /** Called about every minute, while nothing is in flight. Tables that cannot be read by ranges of a key have no place. */
  save(place: ComparePlace): Promise<void>;
}

interface Side {
  readonly table: string;
  readonly where?: string | null;
}

export function basisOf(
  { key, rowHash }: TableMatch,
  { source, target }: { readonly source: Side; readonly target: Side },
): string {
  const sides = [source, target].map(({ table, where }) => [table, where ?? null]);
  return createHash("sha256")
    .update(JSON.stringify([key, rowHash, sides]))
    .digest("base64url");
}
