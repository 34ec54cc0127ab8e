// A session that was given back belongs to somebody else, or to nobody.
import { SkytoolsError } from "../../errors/index.ts";

/** Without this a handler that goes on after its batch was given up would commit statement by statement. */
export function givenBack(): SkytoolsError {
  return new SkytoolsError("ABORTED", "the batch is over: nothing can be done in its transaction any more", {
    hint: "a handler that goes on after its signal was aborted, or that does not await its statements?",
  });
}
