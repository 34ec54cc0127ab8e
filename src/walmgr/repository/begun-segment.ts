// Segments that may be begun only, as a backup of a standby or of another program has them: their records say where they end.
import { SkytoolsError } from "../../errors/index.ts";
import { type Lsn, parseSegmentName, segmentStart, WalWalker } from "../formats/index.ts";
import { isExisting } from "../store/index.ts";
import type { Repository } from "./types.ts";
import { withLeases } from "./with-leases.ts";

export interface BegunSegment {
  readonly name: string;
  /** Of full size; zeros follow the last whole record, unless it is complete. */
  readonly bytes: Buffer;
  /** Behind that record; null: there is none. */
  readonly endLsn: Lsn | null;
  /** The records go to its end, or the server has switched to the next segment: it is complete. */
  readonly isWhole: boolean;
}

export function walkBegun(name: string, bytes: Buffer, segmentBytes: number): BegunSegment {
  const startLsn = segmentStart(parseSegmentName(name, segmentBytes).number, segmentBytes);
  const walker = new WalWalker({ startLsn, isStrict: true });
  walker.push(bytes);
  const isWhole = bytes.length === segmentBytes && walker.hasWholeSegment;
  // Records begin at multiples of eight, and where the server says that its WAL ends, the next one would.
  const endLsn = walker.findings.endLsn === null ? null : (walker.findings.endLsn + 7n) & ~7n;
  const real = bytes.subarray(0, Number((endLsn ?? startLsn) - startLsn));
  return { name, bytes: isWhole ? bytes : Buffer.concat([real], segmentBytes), endLsn, isWhole };
}

/** False: there is nothing in it, or as much is stored already, or the receiver is at work on it. @throws STORE_FAILED, ABORTED */
export async function putBegun(
  repository: Repository,
  { name, bytes, endLsn }: BegunSegment,
  { isCopy, signal }: { readonly isCopy: boolean; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const { wal } = repository;
  if (endLsn === null || (await wal.find(name)) !== null) return false;
  const known = (await wal.partials()).find((one) => one.name === name);
  if (known !== undefined && known.flushedLsn >= endLsn) return false;
  const state = { writtenLsn: endLsn, flushedLsn: endLsn, isCopy };
  try {
    if (known === undefined) {
      await wal.putPartial(name, bytes, state, { ifAbsent: true });
      return true;
    }
    const replace = (): Promise<void> => wal.putPartial(name, bytes, state);
    await withLeases({ repositories: [repository], names: ["receive"], signal }, replace);
    return true;
  } catch (error) {
    if (isExisting(error) || (error instanceof SkytoolsError && error.code === "LEASE_HELD")) return false;
    throw error;
  }
}
