// Begun segments: a raw file of full size in which zeros follow what was received, and a small file that says how far
// that is.
import { formatLsn, isSegmentName, type Lsn, parseLsn, parseSegmentName, segmentStart } from "../formats/index.ts";
import { readText, type Store } from "../store/index.ts";
import { baseName, type Layout } from "./layout.ts";
import type { PartialSegment } from "./types.ts";

export interface PartialState {
  readonly writtenLsn: Lsn;
  readonly flushedLsn: Lsn;
}

export function formatPartialState({ writtenLsn, flushedLsn }: PartialState): string {
  return `${JSON.stringify({ writtenLsn: formatLsn(writtenLsn), flushedLsn: formatLsn(flushedLsn) })}\n`;
}

export class Partials {
  readonly #store: Store;
  readonly #layout: Layout;

  constructor(store: Store, layout: Layout) {
    this.#store = store;
    this.#layout = layout;
  }

  async list(segmentBytes: number): Promise<readonly PartialSegment[]> {
    const found: PartialSegment[] = [];
    for await (const { name: object } of this.#store.list(this.#layout.partialPrefix)) {
      const name = baseName(object).slice(0, 24);
      if (!isSegmentName(name) || object !== this.#layout.partial(name)) continue;
      const segment = parseSegmentName(name, segmentBytes);
      const state = await this.#state(name, segmentStart(segment.number, segmentBytes));
      found.push({ name, ...segment, object, ...state });
    }
    return found;
  }

  /** Null when nothing is begun. */
  async find(name: string, startLsn: Lsn): Promise<PartialState | null> {
    const object = await this.#store.stat(this.#layout.partial(name));
    return object === null ? null : await this.#state(name, startLsn);
  }

  /** The state is written now and then: after a crash it says less than there is. */
  async #state(name: string, startLsn: Lsn): Promise<PartialState> {
    const text = await readText(this.#store, this.#layout.partialState(name));
    const match = /"writtenLsn":\s*"([0-9A-F/]+)",\s*"flushedLsn":\s*"([0-9A-F/]+)"/.exec(text ?? "");
    const [, written, flushed] = match ?? [];
    if (written === undefined || flushed === undefined) return { writtenLsn: startLsn, flushedLsn: startLsn };
    return { writtenLsn: parseLsn(written), flushedLsn: parseLsn(flushed) };
  }
}
