// Row events of one table to changes. Rows of a table look alike, so each is read with the columns of the one before.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { decodeRow, encodeRow, type RowText } from "../../pgq/row-format/index.ts";
import { type EventKind, eventKind } from "./event-type.ts";
import { JsonFormat, readJsonRow, type Values } from "./json-row.ts";
import {
  EventChange,
  type FoldKey,
  keyOfTexts,
  type RowChange,
  type RowOperation,
  type RowShape,
  rowShape,
  type RowSource,
  writeTexts,
} from "./row-change.ts";
import { readUrlencodedValues } from "./urlencoded-row.ts";

type RowKind = Extract<EventKind, { readonly keys: readonly string[] }>;

export type RowEvent =
  | { readonly kind: "change"; readonly change: RowChange }
  /** A piece of SQL that sqltriga wrote. */
  | { readonly kind: "sql"; readonly operation: RowOperation; readonly text: string }
  | { readonly kind: "truncate" };

/** How rows of one kind look. */
interface RowLook {
  readonly shape: RowShape;
  readonly json: JsonFormat;
  /** Names as they stand in an urlencoded row. */
  readonly names: readonly string[];
}

interface ReadRow {
  readonly shape: RowShape;
  readonly key: FoldKey | null;
  readonly source: RowSource;
}

export class RowReader {
  /** How the last row of the kind looked. */
  readonly #last = new Map<RowKind, RowLook>();
  readonly #looks = new Map<string, RowLook>();

  /** @throws ROW_EVENT when the event cannot be understood */
  read(event: CascadeEvent): RowEvent {
    const kind = eventKind(event.type);
    if (kind === null) throw broken(event, `has the type ${JSON.stringify(event.type)}, which is none of a row`);
    if (kind.format === "truncate") return { kind: "truncate" };
    if (kind.format === "sql") return { kind: "sql", operation: kind.operation, text: event.data ?? "" };
    return { kind: "change", change: this.#change(event, kind) };
  }

  #change(event: CascadeEvent, kind: RowKind): RowChange {
    try {
      const { shape, key, source } = this.#plainJson(kind, event) ?? this.#row(kind, event.data ?? "");
      const old = kind.operation === "update" ? event.extra2 : null;
      const oldKey = old === null ? null : this.#oldKey(kind, shape, source, old);
      return new EventChange(kind.operation, shape, oldKey, oldKey === null ? key : null, source);
    } catch (cause) {
      throw broken(event, `holds no ${kind.format} row`, cause);
    }
  }

  /** ev_extra2 holds the old row where the trigger has `backup`; an expression may have put anything there. */
  #oldKey(kind: RowKind, shape: RowShape, source: RowSource, old: string): Values | null {
    if (!looksLikeRow(kind, old)) return null;
    const before = this.#row(kind, old);
    const { keyPositions } = before.shape;
    const [values, valuesBefore] = [source.values(), before.source.values()];
    const key = keyPositions.map((position) => valuesBefore[position] ?? null);
    const isWhole = keyPositions.every((position) => position >= 0);
    const isChanged = shape.keyPositions.some((position, index) => values[position] !== key[index]);
    return isWhole && isChanged ? key : null;
  }

  /** The row as it stands in the event. Null: it has other columns, or backslashes, with which the field is not the row. */
  #plainJson(kind: RowKind, event: CascadeEvent): ReadRow | null {
    const look = kind.format === "json" ? this.#last.get(kind) : undefined;
    if (look === undefined) return null;
    return look.json.find(event.dataField) === "plain" ? jsonRow(look) : null;
  }

  #row(kind: RowKind, text: string): ReadRow {
    const last = this.#last.get(kind);
    const known = last === undefined ? null : readAs(kind, last, text);
    if (known !== null) return known;
    const row = parsed(kind, text);
    const look = this.#lookOf(kind, row);
    this.#last.set(kind, look);
    return (
      readAs(kind, look, text) ??
      textRow(look.shape, [...row.values()], text, (again) => [...parsed(kind, again).values()])
    );
  }

  #lookOf(kind: RowKind, row: RowText): RowLook {
    const columns = [...row.keys()];
    const name = [kind.format, ...kind.keys, "", ...columns].join("\0");
    const found = this.#looks.get(name);
    if (found !== undefined) return found;
    const keys = kind.keys.map((key) => (row.has(key) ? key : key.trim()));
    const look = {
      shape: rowShape(columns, keys, kind.format),
      json: new JsonFormat(columns),
      names: columns.map((column) => encodeRow([[column, null]])),
    };
    this.#looks.set(name, look);
    return look;
  }
}

/** Null: it has other columns. */
function readAs(kind: RowKind, look: RowLook, text: string): ReadRow | null {
  if (kind.format === "json") {
    const block = Buffer.from(text);
    return look.json.find({ block, start: 0, end: block.length }) === "other" ? null : jsonRow(look);
  }
  const values = readUrlencodedValues(text, look.names);
  if (values === null) return null;
  return textRow(look.shape, values, text, (again) => readUrlencodedValues(again, look.names) ?? []);
}

function parsed(kind: RowKind, text: string): RowText {
  return kind.format === "json" ? readJsonRow(text) : decodeRow(text);
}

/** The row that `json` has found last. */
function jsonRow({ shape, json }: RowLook): ReadRow {
  const source = json.row();
  const [first = -1, second] = shape.keyPositions;
  const key = second === undefined ? source.key(first) : keyOfTexts(shape, source.values());
  return { shape, key, source };
}

function textRow(shape: RowShape, values: Values, text: string, read: (text: string) => Values): ReadRow {
  const key = keyOfTexts(shape, values);
  const source: RowSource = {
    values: () => read(text),
    write: (positions, writers) => writeTexts(read(text), positions, writers),
  };
  return { shape, key, source };
}

function looksLikeRow(kind: RowKind, text: string): boolean {
  return kind.format === "json" ? text.startsWith("{") : /^[^=&\s]+(=|&|$)/.test(text);
}

/** The row is data of a user: it is not repeated. */
function broken(event: CascadeEvent, how: string, cause?: unknown): SkytoolsError {
  const table = event.extra1 ?? "?";
  return new SkytoolsError("ROW_EVENT", `event ${event.idText} of table ${table} ${how}`, {
    cause,
    hint: `see what wrote it; leave it out on this node: skip-event ${event.idText}`,
  });
}
