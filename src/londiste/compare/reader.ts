// Statements that read one side of a comparison. Ranges are of the key, from the first bound up to below the second.
import { type Connection, quoteIdent } from "../../postgres/index.ts";
import type { MatchedColumn, TableMatch } from "./table-match.ts";
import { shape } from "./match.ts";
import type { TableShape } from "./table-shape.ts";
import { isKeyExact, keyText } from "./value-form.ts";

/** Texts of the key's columns. */
export type Bound = readonly string[];

/** Null: open on that side. */
export interface KeyRange {
  readonly from: Bound | null;
  readonly to: Bound | null;
}

export interface Totals {
  readonly rows: number;
  readonly sum: bigint;
}

export interface HashedRow {
  readonly key: readonly string[];
  readonly hash: bigint;
}

export interface ReaderOptions {
  readonly shape: TableShape;
  readonly match: TableMatch;
  readonly side: "source" | "target";
  readonly where: string | null;
}

interface Condition {
  readonly sql: string;
  readonly params: readonly string[];
}

export class Reader {
  readonly shape: TableShape;
  readonly from: string;
  readonly rowHash: string;
  readonly isSameEncoding: boolean;
  /** The handler's or user's condition, or `true`. */
  readonly filter: string;
  readonly #key: readonly MatchedColumn[];
  readonly #types: readonly string[];

  constructor({ shape: table, match, side, where }: ReaderOptions) {
    this.shape = table;
    this.from = `${table.from} t`;
    this.rowHash = match.rowHash;
    this.isSameEncoding = match.isSameEncoding;
    this.filter = where === null || where.trim() === "" ? "true" : `(${where})`;
    this.#key = match.key ?? [];
    this.#types = this.#key.map(({ sourceType, targetType }) => (side === "source" ? sourceType : targetType));
  }

  async totals(db: Connection, range: KeyRange): Promise<Totals> {
    const { sql, params } = this.#condition(range);
    const { rows, sum } = await db.one<{ rows: bigint; sum: string }>(
      `select count(*) as rows, coalesce(sum(${this.rowHash}), 0)::text as sum from ${this.from} where ${sql}`,
      params,
    );
    return { rows: Number(rows), sum: BigInt(sum) };
  }

  /** Only the number of rows. */
  async count(db: Connection): Promise<bigint> {
    const { rows } = await db.one<{ rows: bigint }>(`select count(*) as rows from ${this.from} where ${this.filter}`);
    return rows;
  }

  /** Keys and hashes of all rows of the range; it should be a small one. */
  async rows(db: Connection, range: KeyRange): Promise<HashedRow[]> {
    const { sql, params } = this.#condition(range);
    return toRows(
      await db.query(`select ${this.keyTexts}, ${this.rowHash} as h from ${this.from} where ${sql}`, params),
    );
  }

  /** The same of the rows that have these keys. */
  async rowsOf(db: Connection, keys: readonly (readonly string[])[]): Promise<HashedRow[]> {
    const sql = `select ${this.keyTexts}, ${this.rowHash} as h ${this.joinKeys(1)}`;
    return toRows(await db.query(sql, this.keyParams(keys)));
  }

  get hasKey(): boolean {
    return this.#key.length > 0;
  }

  /** The key's columns as texts that go into a hash. */
  get keyForms(): readonly string[] {
    return this.#key.map(({ name }) => `(${keyText(shape(this.shape, name))})`);
  }

  /**
   * From clause and condition for the rows `t` of the keys whose columns are the text[] parameters from `$first` on. The
   * arrays `extra` run beside them, as columns `w.x0, w.x1, …`.
   */
  joinKeys(first: number, extra: readonly string[] = []): string {
    const arrays = [...this.#key.map((_, i) => `$${first + i}::text[]`), ...extra].join(", ");
    const names = [...this.#key.map((_, i) => `k${i}`), ...extra.map((_, i) => `x${i}`)].join(", ");
    const equal = this.#key.flatMap(({ name }, i) => {
      const column = shape(this.shape, name);
      const isSame = `${keyText(column)} = w.k${i} collate "C"`;
      return [`t.${quoteIdent(name)} = w.k${i}::${this.#types[i] ?? ""}`, ...(isKeyExact(column) ? [] : [isSame])];
    });
    const wanted = `(select * from unnest(${arrays})) as w (${names})`;
    return `from ${this.from} join ${wanted} on ${equal.join(" and ")} where ${this.filter}`;
  }

  keyParams(keys: readonly (readonly string[])[]): (readonly string[])[] {
    return this.#key.map((_, i) => keys.map((key) => key[i] ?? ""));
  }

  /** Select list `k0, k1, …`. */
  get keyTexts(): string {
    return this.#key.map(({ name }, i) => `${keyText(shape(this.shape, name))} as k${i}`).join(", ");
  }

  /** Keys that cut the range into pieces of about that many rows. */
  async cuts(db: Connection, range: KeyRange, rowsApart: number): Promise<Bound[]> {
    const { sql, params } = this.#condition(range);
    const order = this.#columns("t.");
    const numbered = `select ${this.keyTexts}, row_number() over (order by ${order}) as n from ${this.from} where ${sql}`;
    return this.#bounds(await db.query(`select * from (${numbered}) q where n % ${rowsApart} = 0 order by n`, params));
  }

  /** About `count` keys at even distances, from a sample of the table's pages. */
  async sampledCuts(db: Connection, count: number): Promise<Bound[]> {
    const { pages, estimatedRows } = this.shape;
    // Twenty rows for each piece make pieces that differ by less than half.
    const wantedPages = Math.max(30, (count * 20 * pages) / Math.max(1, estimatedRows));
    const percent = Math.min(100, (100 * wantedPages) / Math.max(1, pages));
    const sample = `select ${this.#columns("t.")} from ${this.from} tablesample system (${percent})`;
    const parts = `select *, ntile(${count}) over (order by ${this.#columns("")}) as tile from (${sample}) s`;
    const firsts = `select distinct on (tile) * from (${parts}) p order by tile, ${this.#columns("")}`;
    const rows = await db.query(`select ${this.keyTexts} from (${firsts}) t where tile > 1 order by tile`);
    return this.#bounds(rows);
  }

  #bounds(rows: readonly Record<string, unknown>[]): Bound[] {
    return rows.map((row) => this.#key.map((_, i) => String(row[`k${i}`])));
  }

  #columns(prefix: string): string {
    return this.#key.map(({ name }) => prefix + quoteIdent(name)).join(", ");
  }

  #condition({ from, to }: KeyRange): Condition {
    const params: string[] = [];
    const conditions = [this.filter];
    const add = (bound: Bound | null, operator: string): void => {
      if (bound === null) return;
      const values = bound.map((value, i) => `$${params.push(value)}::text::${this.#types[i] ?? "text"}`).join(", ");
      const columns = this.#columns("t.");
      conditions.push(bound.length === 1 ? `${columns} ${operator} ${values}` : `(${columns}) ${operator} (${values})`);
    };
    add(from, ">=");
    add(to, "<");
    return { sql: conditions.join(" and "), params };
  }
}

function toRows(rows: readonly Record<string, unknown>[]): HashedRow[] {
  return rows.map(({ h, ...key }) => ({ key: Object.values(key).map(String), hash: h as bigint }));
}
