// Rows of a query some at a time, through a cursor declared by SQL: for drivers whose protocol cannot be reached.
import type { Session, TextCursor, TextRow } from "../database.ts";

/** @param fetchRows - if the driver can give rows as arrays */
export function declaredCursor(
  session: Session,
  columns: readonly string[],
  from: string,
  fetchRows?: (sql: string) => Promise<TextRow[]>,
): TextCursor {
  const select = `select ${columns.map((column) => `${column}::text`).join(", ")} ${from}`;
  let isOpen = false;
  return {
    async fetch(rows) {
      // a session works on one batch at a time, so one name does
      if (!isOpen) await session.query(`declare pgq_events no scroll cursor for ${select}`);
      isOpen = true;
      const fetch = `fetch ${rows} from pgq_events`;
      if (fetchRows !== undefined) return await fetchRows(fetch);
      const objects = await session.query<Record<string, string | null>>(fetch);
      return objects.map((row) => Object.values(row));
    },
  };
}
