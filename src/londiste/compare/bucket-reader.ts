// Statements of a comparison by buckets: rows are told apart by the hash of their key, or without one by that of the row.
import { type Connection, quoteIdent } from "../../postgres/index.ts";
import type { Reader } from "./reader.ts";
import { rowHash, textHash } from "./value-form.ts";

export interface BucketSum {
  readonly bucket: number;
  readonly rows: bigint;
  readonly sum: string;
}

export interface BucketRow {
  /** Hash that the rows are sorted by. */
  readonly order: bigint;
  /** Empty without a key. */
  readonly key: readonly string[];
  readonly hash: bigint;
  /** Rows that are the same in all columns; 1 with a key. */
  readonly copies: number;
}

const FETCH = 4_000;

export class BucketReader {
  readonly reader: Reader;
  readonly #count: number;
  readonly #order: string;
  readonly #hasKey: boolean;

  constructor(reader: Reader, count: number) {
    this.reader = reader;
    this.#count = count;
    this.#hasKey = reader.keyForms.length > 0;
    const { keyForms, isSameEncoding } = reader;
    const keyHashes = keyForms.map((form, i) => textHash(form, { seed: i + 1, isSameEncoding }));
    this.#order = this.#hasKey ? rowHash(keyHashes) : reader.rowHash;
  }

  /** Sums of the buckets over these pages; the second bound is not part of it, null means all that follow. */
  async sums(db: Connection, [first, end]: readonly [number, number | null]): Promise<BucketSum[]> {
    const { from, filter, rowHash } = this.reader;
    const conditions = [filter];
    if (first > 0) conditions.push(`t.ctid >= '(${first},0)'`);
    if (end !== null) conditions.push(`t.ctid < '(${end},0)'`);
    const inner = this.#hasKey
      ? `select ${this.#bucketOf(this.#order)} as b, ${rowHash} as h`
      : `select ${this.#bucketOf("h")} as b, h from (select ${rowHash} as h`;
    const where = `where ${conditions.join(" and ")}${this.#hasKey ? "" : " offset 0) r"}`;
    return await db.query<BucketSum>(
      `select b as bucket, count(*) as rows, sum(h)::text as sum from (${inner} from ${from} ${where}) q group by b`,
    );
  }

  /** The rows of these buckets, sorted by the hash that tells them apart. */
  async *sorted(db: Connection, buckets: readonly number[]): AsyncGenerator<BucketRow, void> {
    const { from, filter, rowHash, keyTexts } = this.reader;
    const isWanted =
      buckets.length === this.#count ? "" : ` and ${this.#bucketOf(this.#order)} = any('{${buckets.join(",")}}')`;
    const columns = this.#hasKey
      ? `${this.#order} as o, ${rowHash} as h, 1::int8 as n, ${keyTexts}`
      : `${rowHash} as o, ${rowHash} as h, count(*) as n`;
    const sql = `select ${columns} from ${from} where ${filter}${isWanted}${this.#hasKey ? "" : " group by 1, 2"} order by 1`;
    const cursor = quoteIdent("skytools_compare");
    await db.execute(`declare ${cursor} no scroll cursor for ${sql}`);
    for (;;) {
      const rows = await db.query<Record<string, unknown>>(`fetch ${FETCH} from ${cursor}`);
      for (const { o, h, n, ...key } of rows) {
        yield { order: o as bigint, hash: h as bigint, copies: Number(n), key: Object.values(key).map(String) };
      }
      if (rows.length < FETCH) break;
    }
    await db.execute(`close ${cursor}`);
  }

  #bucketOf(hash: string): string {
    return `(${hash} & ${this.#count - 1})::int4`;
  }
}
