// The WAL that comes inside of a backup. The last segment of each timeline may be begun only: a standby cannot switch to the
// next one at the end of a backup, and other programs fill it up with zeros.
import { parseSegmentName, parseWalPageHeader, segmentStart } from "../formats/index.ts";
import { putBegun, type Repository, walkBegun } from "../repository/index.ts";

interface IncludedWalOptions {
  readonly repositories: readonly Repository[];
  readonly segmentBytes: number;
  /** What a repository has is not compared: other programs may have changed what lies behind the last record. */
  readonly isForeign: boolean;
  readonly signal: AbortSignal | undefined;
}

interface Segment {
  readonly name: string;
  readonly bytes: Buffer;
}

export class IncludedWal {
  readonly #options: IncludedWalOptions;
  /** The last of each timeline so far. */
  readonly #last = new Map<number, Segment>();

  constructor(options: IncludedWalOptions) {
    this.#options = options;
  }

  /** Those of a timeline come in their order. @throws WAL_INVALID, WAL_DIFFERS, STORE_FAILED */
  async take(name: string, bytes: Buffer): Promise<void> {
    const { segmentBytes, isForeign } = this.#options;
    const { timeline, number } = parseSegmentName(name, segmentBytes);
    // A copy of a whole directory has files with names of WAL to come, and old WAL in them.
    if (isForeign && parseWalPageHeader(bytes).pageLsn !== segmentStart(number, segmentBytes)) return;
    const before = this.#last.get(timeline);
    this.#last.set(timeline, { name, bytes });
    if (before !== undefined) await this.#putWhole(before);
  }

  /** After the last one. */
  async finish(): Promise<void> {
    const { repositories, signal } = this.#options;
    for (const segment of this.#last.values()) {
      const begun = walkBegun(segment.name, segment.bytes, this.#options.segmentBytes);
      if (begun.isWhole) await this.#putWhole(segment);
      else for (const repository of repositories) await putBegun(repository, begun, { isCopy: true, signal });
    }
    this.#last.clear();
  }

  async #putWhole({ name, bytes }: Segment): Promise<void> {
    const { repositories, isForeign } = this.#options;
    for (const { wal } of repositories) {
      if (!isForeign || (await wal.find(name)) === null) await wal.putSegment(name, () => [bytes]);
    }
  }
}
