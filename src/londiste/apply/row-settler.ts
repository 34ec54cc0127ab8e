// Replays the events of one table whose rows are of several moments of its source. Each event brings the whole row, so the
// last one for a key makes that row right whatever is there: it is put in place of all rows that have one of its unique
// values. Those are out of date too, or they could not have them, so later events bring them back. Nothing of this is a
// conflict, until the events of the newest moment have been replayed.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { type Connection, quoteFqname, quoteIdent } from "../../postgres/index.ts";
import { type RowChange, RowReader, type RowShape, rowShape } from "../row-events/index.ts";
import { deleteInTheWay, readUniqueIndexKeys, type UniqueIndexKey } from "../structure/index.ts";
import { columnOf, type Destination, readDestination, uniqueKeyWithin } from "./destination.ts";
import { copyInsert, setDelete } from "./set-statements.ts";
import { TableStructures } from "./table-structures.ts";
import { truncateTables } from "./truncate.ts";

export interface RowSettlerOptions {
  /** In a transaction, in which only this table is changed. */
  readonly target: Connection;
  /** schema.table, not quoted. */
  readonly dest: string;
  /** What each event must bring. */
  readonly columns: readonly string[];
  readonly isTruncateIgnored: boolean;
}

/** An event does not bring the whole row: the table cannot become right. */
export class NotWhole extends SkytoolsError {
  constructor(event: CascadeEvent, reason: string) {
    super("ROW_EVENT", `event ${event.idText} of table ${event.extra1 ?? "?"} ${reason}`);
  }
}

interface Row {
  readonly key: readonly (string | null)[];
  /** Null: it is deleted. */
  readonly change: RowChange | null;
}

interface Known {
  readonly destination: Destination;
  readonly uniqueKeys: readonly UniqueIndexKey[];
}

const CHUNK_ROWS = 5_000;
const CHUNK_LENGTH = 16 * 1024 * 1024;
const NEW_ROWS = "pg_temp.londiste_new_rows";
/** Rows are found by an index, whatever the planner thinks of tables that have just been filled. */
const PLANNER = "set local enable_hashjoin to off; set local enable_mergejoin to off; set local enable_seqscan to off";

export class RowSettler {
  readonly #options: RowSettlerOptions;
  readonly #reader = new RowReader();
  readonly #rows = new Map<string, Row>();
  #shape: RowShape | null = null;
  #length = 0;
  #known: Known | null = null;

  constructor(options: RowSettlerOptions) {
    this.#options = options;
  }

  /** @throws NotWhole; ROW_EVENT; DATABASE; REPLICA_TABLE */
  async add(event: CascadeEvent): Promise<void> {
    const read = this.#reader.read(event);
    if (read.kind === "sql") throw new NotWhole(event, "brings only a part of the row");
    if (read.kind === "truncate") {
      await this.#truncate();
      return;
    }
    const { change } = read;
    const { destination } = await this.#table();
    if (this.#shape !== null && change.shape !== this.#shape) await this.finish();
    this.#shape = change.shape;
    this.#require(event, change, destination);
    const key = change.shape.keyPositions.map((position) => change.values[position] ?? null);
    this.#put(change.oldKey ?? key, null);
    if (change.operation !== "delete") this.#put(key, change);
    this.#length += event.length;
    // Keys whose equal values differ as texts cannot be told apart here.
    const isExact = change.shape.keys.every((name) => columnOf(destination, name).isExact);
    if (!isExact || this.#rows.size >= CHUNK_ROWS || this.#length >= CHUNK_LENGTH) await this.finish();
  }

  /** Applies what has come in. */
  async finish(): Promise<void> {
    const rows = [...this.#rows.values()];
    const shape = this.#shape;
    this.#rows.clear();
    this.#length = 0;
    this.#shape = null;
    if (rows.length === 0 || shape === null) return;
    const { destination } = await this.#table();
    const keys = rowShape(shape.keys, shape.keys, shape.family);
    const gone = rows.map(({ key }): RowChange => ({ operation: "delete", shape: keys, values: key, oldKey: null }));
    const deletion = setDelete(destination, keys);
    await this.#options.target.query(deletion.sql, deletion.params(gone));
    await this.#insert(
      shape,
      rows.flatMap(({ change }) => (change === null ? [] : [change])),
    );
  }

  #require(event: CascadeEvent, { operation, shape, values }: RowChange, destination: Destination): void {
    const unique = uniqueKeyWithin(destination, shape.keys);
    if (unique === null) throw new NotWhole(event, "has no key that is unique here");
    if (shape.keyPositions.some((position) => (values[position] ?? null) === null)) {
      throw new NotWhole(event, "has a key that is NULL");
    }
    const missing = this.#options.columns.find((name) => !shape.columns.includes(name));
    if (operation !== "delete" && missing !== undefined) throw new NotWhole(event, `does not bring column ${missing}`);
  }

  #put(key: Row["key"], change: RowChange | null): void {
    const text = JSON.stringify(key);
    // In the order of the last changes.
    this.#rows.delete(text);
    this.#rows.set(text, { key, change });
  }

  async #insert(shape: RowShape, changes: readonly RowChange[]): Promise<void> {
    const { target, dest } = this.#options;
    const { destination, uniqueKeys } = await this.#table();
    const copy = copyInsert({ ...destination, quoted: NEW_ROWS }, shape);
    if (changes.length === 0 || copy === null) return;
    await target.copyFrom(copy.sql, copy.lines(changes));
    for (const key of uniqueKeys) await deleteInTheWay(target, quoteFqname(dest), NEW_ROWS, key);
    const columns = shape.columns.filter((name) => !columnOf(destination, name).isGenerated).map(quoteIdent);
    const overriding = destination.hasAlwaysIdentity ? " overriding system value" : "";
    await target.execute(
      `insert into ${destination.quoted} (${columns.join(", ")})${overriding} select ${columns.join(", ")} from ${NEW_ROWS};
       delete from ${NEW_ROWS}`,
    );
  }

  async #truncate(): Promise<void> {
    const { target, dest, isTruncateIgnored } = this.#options;
    await this.finish();
    if (!isTruncateIgnored) await truncateTables(new TableStructures(target), [dest]);
  }

  /** Makes room for rows beside the table too. */
  async #table(): Promise<Known> {
    const { target, dest } = this.#options;
    if (this.#known !== null) return this.#known;
    const destination = await readDestination(target, dest);
    const uniqueKeys = await readUniqueIndexKeys(target, quoteFqname(dest));
    const name = NEW_ROWS.slice(NEW_ROWS.indexOf(".") + 1);
    await target.execute(
      `${PLANNER}; create temp table ${name} on commit drop as select * from ${quoteFqname(dest)} with no data`,
    );
    this.#known = { destination, uniqueKeys };
    return this.#known;
  }
}
