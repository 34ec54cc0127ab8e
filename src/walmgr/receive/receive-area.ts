// The local directory where WAL arrives: begun segments where the layout wants them, complete ones in `spool/` until all
// repositories have them, and `spool/position.json`, where to go on.
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Lsn, parseSegmentName, segmentStart } from "../formats/index.ts";
import {
  formatPartialState,
  type Layout,
  partialStateOf,
  type PartialState,
  type StoreRepository,
} from "../repository/index.ts";
import { Spool } from "../spool/index.ts";
import { type DirectoryStore, makeFolder, readText, syncFolder, writeText } from "../store/index.ts";

/** Where the next byte belongs. */
export interface WalPosition {
  readonly timeline: number;
  readonly lsn: Lsn;
}

const POSITION = "spool/position.json";

export class ReceiveArea {
  /** The directory as a repository of its own: identity, lease, and the begun segments. */
  readonly local: StoreRepository;
  /** Complete segments that wait for repositories. */
  readonly spool: Spool;
  readonly #store: DirectoryStore;
  readonly #layout: Layout;

  constructor(local: StoreRepository, store: DirectoryStore, layout: Layout) {
    this.local = local;
    this.spool = Spool.received(store);
    this.#store = store;
    this.#layout = layout;
  }

  partialPath(name: string): string {
    return join(this.#store.path, this.#layout.partial(name));
  }

  /** A begun segment became complete: its bytes must be durable already. It is in the spool then. */
  async complete(name: string): Promise<void> {
    const [from, to] = [this.partialPath(name), this.spool.path(name)];
    await makeFolder(dirname(to));
    await rename(from, to);
    await syncFolder(dirname(to));
    await rm(partialStateOf(from), { force: true });
  }

  async savePosition({ timeline, lsn }: WalPosition): Promise<void> {
    await writeText(this.#store, POSITION, `${JSON.stringify({ timeline, lsn: lsn.toString() })}\n`);
  }

  /** Not synced: after a crash it says less than there is, which is no harm. */
  async savePartialState(name: string, state: PartialState): Promise<void> {
    const path = partialStateOf(this.partialPath(name));
    await writeFile(`${path}.tmp`, formatPartialState(state), { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  }

  /** How far a begun segment is durable; null: nothing of it was received yet. */
  async durableLsn(name: string): Promise<Lsn | null> {
    const partials = await this.local.wal.partials();
    // A coded one came with a backup, and is another file.
    return partials.find(({ object }) => object === this.#layout.partial(name))?.flushedLsn ?? null;
  }

  /** The furthest place that is known here; null when nothing was ever received. */
  async position(segmentBytes: number): Promise<WalPosition | null> {
    const candidates: WalPosition[] = [];
    const saved = await readText(this.#store, POSITION);
    const [, timeline, lsn] = /"timeline":(\d+),"lsn":"(\d+)"/.exec(saved ?? "") ?? [];
    if (timeline !== undefined && lsn !== undefined) candidates.push({ timeline: Number(timeline), lsn: BigInt(lsn) });
    for (const name of await this.spool.segments()) {
      const segment = parseSegmentName(name, segmentBytes);
      candidates.push({ timeline: segment.timeline, lsn: segmentStart(segment.number + 1n, segmentBytes) });
    }
    return furthest(candidates);
  }
}

/** The later timeline, and on it the later position. */
export function furthest(positions: readonly WalPosition[]): WalPosition | null {
  return positions.reduce<WalPosition | null>((best, one) => {
    if (best === null || one.timeline > best.timeline) return one;
    return one.timeline === best.timeline && one.lsn > best.lsn ? one : best;
  }, null);
}
