// Which failures say something about the rows, and not about the server or the connection.
import { SkytoolsError } from "../../errors/index.ts";
import { classify } from "../../postgres/index.ts";
import { RowsDiffer } from "./rows-differ.ts";

const own: ReadonlySet<string> = new Set(["REPLICA_TABLE", "ROW_EVENT"]);

export function isDataError(error: unknown): boolean {
  if (error instanceof RowsDiffer) return true;
  if (!(error instanceof SkytoolsError)) return false;
  return own.has(error.code) || (error.code === "DATABASE" && classify(error).action === "user");
}
