// The reference page of the error codes, from their table.
import { errorCodes } from "../../src/errors/index.ts";

export function errorPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { meaning, cure, exit }]) => `| \`${code}\` | ${meaning} | ${cure} | ${exit} |`,
  );
  return [
    "# Errors",
    "",
    "Every error has one of these codes (`code`), a message, and mostly a hint. The last column is the exit status.",
    "",
    "| code | meaning | what to do | exit |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
