// Row events of one table to changes. Rows of a table look alike, so each is read with the columns of the one before.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { decodeRow, encodeRow, type RowText } from "../../pgq/row-format/index.ts";
import { type EventKind, eventKind } from "./event-type.ts";
import { jsonHead, readJsonRow, readJsonValues, type Values } from "./json-row.ts";
import { type RowChange, type RowOperation, type RowShape, rowShape, TextChange } from "./row-change.ts";
import { readUrlencodedValues } from "./urlencoded-row.ts";

type RowKind = Extract<EventKind, { readonly keys: readonly string[] }>;

export type RowEvent =
  | { readonly kind: "change"; readonly change: RowChange }
  /** A piece of SQL that sqltriga wrote. */
  | { readonly kind: "sql"; readonly operation: RowOperation; readonly text: string }
  | { readonly kind: "truncate" };

interface ReadShape {
  readonly shape: RowShape;
  /** Names as they stand in the row. */
  readonly heads: readonly string[];
  readonly values: (text: string) => Values;
}

export class RowReader {
  /** How the last row of the kind looked. */
  readonly #last = new Map<RowKind, ReadShape>();
  readonly #shapes = new Map<string, ReadShape>();

  /** @throws ROW_EVENT when the event cannot be understood */
  read(event: CascadeEvent): RowEvent {
    const kind = eventKind(event.type);
    if (kind === null) throw broken(event, `has the type ${JSON.stringify(event.type)}, which is none of a row`);
    if (kind.format === "truncate") return { kind: "truncate" };
    const text = event.data ?? "";
    if (kind.format === "sql") return { kind: "sql", operation: kind.operation, text };
    return { kind: "change", change: this.#change(event, kind, text) };
  }

  #change(event: CascadeEvent, kind: RowKind, text: string): RowChange {
    const { read, values } = this.#row(event, kind, text);
    const { shape } = read;
    const old = kind.operation === "update" ? event.extra2 : null;
    const oldKey = old === null ? null : this.#oldKey(event, kind, shape, values, old);
    return new TextChange(kind.operation, shape, oldKey, values, text, read.values);
  }

  /** ev_extra2 holds the old row where the trigger has `backup`; an expression may have put anything there. */
  #oldKey(event: CascadeEvent, kind: RowKind, shape: RowShape, values: Values, old: string): Values | null {
    if (!looksLikeRow(kind, old)) return null;
    const before = this.#row(event, kind, old);
    const { keyPositions } = before.read.shape;
    const key = keyPositions.map((position) => before.values[position] ?? null);
    const isWhole = keyPositions.every((position) => position >= 0);
    const isChanged = shape.keyPositions.some((position, index) => values[position] !== key[index]);
    return isWhole && isChanged ? key : null;
  }

  #row(event: CascadeEvent, kind: RowKind, text: string): { readonly read: ReadShape; readonly values: Values } {
    try {
      const last = this.#last.get(kind);
      const values = last === undefined ? null : readValues(kind, text, last.heads);
      if (last !== undefined && values !== null) return { read: last, values };
      const row = kind.format === "json" ? readJsonRow(text) : decodeRow(text);
      const read = this.#shapeOf(kind, row);
      this.#last.set(kind, read);
      return { read, values: [...row.values()] };
    } catch (cause) {
      throw broken(event, `holds no ${kind.format} row`, cause);
    }
  }

  #shapeOf(kind: RowKind, row: RowText): ReadShape {
    const columns = [...row.keys()];
    const name = [kind.format, ...kind.keys, "", ...columns].join("\0");
    const found = this.#shapes.get(name);
    if (found !== undefined) return found;
    const keys = kind.keys.map((key) => (row.has(key) ? key : key.trim()));
    const heads = columns.map((column) => (kind.format === "json" ? jsonHead(column) : encodeRow([[column, null]])));
    const values = (text: string): Values =>
      readValues(kind, text, heads) ?? [...(kind.format === "json" ? readJsonRow(text) : decodeRow(text)).values()];
    const read = { shape: rowShape(columns, keys, kind.format), heads, values };
    this.#shapes.set(name, read);
    return read;
  }
}

function readValues(kind: RowKind, text: string, heads: readonly string[]): Values | null {
  return kind.format === "json" ? readJsonValues(text, heads) : readUrlencodedValues(text, heads);
}

function looksLikeRow(kind: RowKind, text: string): boolean {
  return kind.format === "json" ? text.startsWith("{") : /^[^=&\s]+(=|&|$)/.test(text);
}

/** The row is data of a user: it is not repeated. */
function broken(event: CascadeEvent, how: string, cause?: unknown): SkytoolsError {
  const table = event.extra1 ?? "?";
  return new SkytoolsError("ROW_EVENT", `event ${event.idText} of table ${table} ${how}`, { cause });
}
