// The argument that names one of our schemas.
import { installableSchemas, knownSchema } from "../pgq/index.ts";
import type { CommandArgument } from "./command.ts";
import type { CommandContext } from "./context.ts";

export const schemaArgument: CommandArgument = {
  name: "schema",
  doc: `which schema: ${installableSchemas()
    .map(({ name }) => name)
    .join(", ")}`,
};

/** @throws SCHEMA_UNKNOWN */
export function schemaOf(context: CommandContext): string {
  return knownSchema(context.args[0] ?? "").name;
}
