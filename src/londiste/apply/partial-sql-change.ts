// A piece of SQL as a change, for tables with columns that must not be written.
import { SkytoolsError } from "../../errors/index.ts";
import { parsePartialSql } from "../../pgq/row-format/index.ts";
import { type RowChange, rowShape } from "../row-events/index.ts";
import type { PartialSqlStep } from "./runs.ts";

const letters = { insert: "I", update: "U", delete: "D" } as const;

/** @throws ROW_EVENT */
export function partialSqlChange({ event, operation, text }: PartialSqlStep): RowChange {
  try {
    const { keys, data } = parsePartialSql(letters[operation], text);
    const row = new Map([...keys, ...data]);
    const shape = rowShape([...row.keys()], [...keys.keys()], "sql");
    return { operation, shape, values: [...row.values()], oldKey: operation === "update" ? [...keys.values()] : null };
  } catch (cause) {
    throw new SkytoolsError(
      "ROW_EVENT",
      `event ${event.idText} of table ${event.extra1 ?? "?"} holds no piece of SQL`,
      {
        cause,
      },
    );
  }
}
