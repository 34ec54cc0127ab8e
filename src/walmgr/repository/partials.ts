// Begun segments: a file of full size in which zeros follow what was received, and a small file that says how far that is.
// What the receiver writes is raw; what came with a backup is coded as segments are.
import { splitCodedName } from "../codec/index.ts";
import { formatLsn, isSegmentName, type Lsn, parseLsn, parseSegmentName, segmentStart } from "../formats/index.ts";
import { readText, type Store } from "../store/index.ts";
import { baseName, type Layout, partialStateOf } from "./layout.ts";
import type { PartialSegment } from "./types.ts";

export interface PartialState {
  readonly writtenLsn: Lsn;
  readonly flushedLsn: Lsn;
  /** It came with a backup; the receiver does not go on there. */
  readonly isCopy?: boolean;
}

export function formatPartialState({ writtenLsn, flushedLsn, isCopy }: PartialState): string {
  const state = { writtenLsn: formatLsn(writtenLsn), flushedLsn: formatLsn(flushedLsn) };
  return `${JSON.stringify(isCopy === true ? { ...state, isCopy } : state)}\n`;
}

export class Partials {
  readonly #store: Store;
  readonly #layout: Layout;

  constructor(store: Store, layout: Layout) {
    this.#store = store;
    this.#layout = layout;
  }

  async list(segmentBytes: number): Promise<readonly PartialSegment[]> {
    return await this.#listed(this.#layout.partialPrefix, segmentBytes);
  }

  /** Null when nothing is begun. */
  async find(name: string, segmentBytes: number): Promise<PartialSegment | null> {
    const found = await this.#listed(this.#layout.partial(name), segmentBytes);
    return found.find((one) => one.name === name) ?? null;
  }

  /** One for each segment: of a raw and a coded one, the one that goes further. */
  async #listed(prefix: string, segmentBytes: number): Promise<readonly PartialSegment[]> {
    const found = new Map<string, PartialSegment>();
    for await (const { name: object } of this.#store.list(prefix)) {
      const name = baseName(object).slice(0, 24);
      if (!isSegmentName(name) || splitCodedName(object).plainName !== this.#layout.partial(name)) continue;
      const segment = parseSegmentName(name, segmentBytes);
      const state = await this.#state(object, segmentStart(segment.number, segmentBytes));
      const before = found.get(name);
      if (before === undefined || before.flushedLsn < state.flushedLsn)
        found.set(name, { name, ...segment, object, ...state });
    }
    return [...found.values()];
  }

  /** The state is written now and then: after a crash it says less than there is. */
  async #state(object: string, startLsn: Lsn): Promise<PartialState> {
    const text = await readText(this.#store, partialStateOf(object));
    const match = /"writtenLsn":\s*"([0-9A-F/]+)",\s*"flushedLsn":\s*"([0-9A-F/]+)"/.exec(text ?? "");
    const [, written, flushed] = match ?? [];
    if (written === undefined || flushed === undefined) return { writtenLsn: startLsn, flushedLsn: startLsn };
    const isCopy = text?.includes('"isCopy":true') === true;
    return { writtenLsn: parseLsn(written), flushedLsn: parseLsn(flushed), isCopy };
  }
}
