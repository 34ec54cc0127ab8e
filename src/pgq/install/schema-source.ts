// Puts the files of sql/<schema>/ together, in the order of its install.list, to one script.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../service/index.ts";

export interface SchemaFile {
  /** Path below sql/<schema>/, as in install.list. */
  readonly path: string;
  readonly text: string;
}

/** The files of a schema in the order of installation. Lines of install.list that are empty or begin with # do not count. */
export function schemaFiles(schema: string): readonly SchemaFile[] {
  const folder = join(packageRoot(), "sql", schema);
  return readFileSync(join(folder, "install.list"), "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
}

/** One idempotent script that installs the schema or brings it up to date; the caller gives the transaction. */
export function renderSchema(schema: string): string {
  return schemaFiles(schema)
    .map(({ path, text }) => `-- ${schema}/${path}\n${text.trimEnd()}\n`)
    .join("\n");
}
