// What a table has that asks for no handler: every row is copied and replayed as it is.
import { SkytoolsError } from "../../errors/index.ts";
import { defineHandler } from "./definition.ts";

export const defaultHandler = defineHandler({
  name: "londiste",
  summary: "replays every row as it is",
  args: {
    ignore_truncate: { type: "bool", default: false, doc: "a truncate on the root does not empty the table here" },
    encoding: { type: "text", doc: "only utf8; databases check their encoding by themselves" },
  },
  /** Differs from skytools 3.2: nothing is repaired, a row that is no UTF-8 cannot be in a UTF8 database. */
  check({ table, args: { encoding } }) {
    if (encoding === null || /^utf-?8$/i.test(encoding)) return;
    throw new SkytoolsError("WRONG_USE", `table ${table}: encoding ${encoding} is not supported, only utf8`);
  },
  isTruncateIgnored: ({ args }) => args.ignore_truncate,
});
