// Values of changes as array literals, one for each column; the server parses them.
import { inPieces } from "../../postgres/index.ts";
import { type RowChange, type ValueWriter, writeValues } from "../row-events/index.ts";
import { ByteSink } from "./byte-sink.ts";

const SPECIAL = /["\\]/;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** About what a value takes. */
const VALUE_BYTES = 16;

function escaped(text: string): string {
  return text.replaceAll(/["\\]/g, "\\$&");
}

/** @param positions - which values of each change, one array for each */
export function arrayLiterals(changes: readonly RowChange[], positions: readonly number[]): string[] {
  const columns = positions.map(() => new ArrayWriter(changes.length * VALUE_BYTES));
  for (const change of changes) writeValues(change, positions, columns);
  return columns.map((column) => column.finish());
}

class ArrayWriter implements ValueWriter {
  readonly #sink: ByteSink;

  constructor(size: number) {
    this.#sink = new ByteSink(size);
  }

  text(value: string | null): void {
    this.#next();
    if (value === null) {
      this.#sink.text("NULL");
      return;
    }
    this.#sink.byte(QUOTE);
    this.#sink.text(SPECIAL.test(value) ? inPieces(value, escaped) : value);
    this.#sink.byte(QUOTE);
  }

  plain(bytes: Buffer, start: number, end: number): void {
    this.#next();
    this.#sink.byte(QUOTE);
    this.#sink.copy(bytes, start, end);
    this.#sink.byte(QUOTE);
  }

  finish(): string {
    if (this.#sink.length === 0) return "{}";
    this.#sink.byte(CLOSE_BRACE);
    return this.#sink.toString();
  }

  #next(): void {
    this.#sink.byte(this.#sink.length === 0 ? OPEN_BRACE : COMMA);
  }
}
