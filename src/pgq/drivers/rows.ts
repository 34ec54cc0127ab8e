// Drivers answer with an array of rows, or with an object that has one.
import { SkytoolsError } from "../../errors/index.ts";

/** The type parameter is what the caller knows of the statement. */
export function rowsOf<R extends object>(answer: unknown): R[] {
  if (Array.isArray(answer)) return answer as R[];
  const rows: unknown = typeof answer === "object" && answer !== null && "rows" in answer ? answer.rows : undefined;
  if (Array.isArray(rows)) return rows as R[];
  throw new SkytoolsError("WRONG_USE", "what was given to run SQL answers neither with rows nor with { rows }");
}
