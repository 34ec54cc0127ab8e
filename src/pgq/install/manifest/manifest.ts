// What should be in a database where a schema is installed, read from the same files that install it.
import { schemaFiles } from "../schema-source.ts";
import { type FunctionDefinition, parseFunction } from "./function-definition.ts";
import { type GrantDefinition, parseFunctionGroups, parseGrants } from "./grant-definition.ts";
import { splitStatements } from "./scan-sql.ts";
import { parseIndexes, parseSequences, parseTable, type TableDefinition } from "./table-definition.ts";

export interface Manifest {
  readonly schema: string;
  readonly functions: readonly FunctionDefinition[];
  readonly tables: readonly TableDefinition[];
  readonly indexes: readonly string[];
  readonly sequences: readonly string[];
  readonly grants: readonly GrantDefinition[];
}

/** Reads the manifest of a schema. The same files give the same manifest, in the order of installation. */
export function readManifest(schema: string): Manifest {
  const files = schemaFiles(schema);
  const statements = files.flatMap((file) => splitStatements(file.text).map((statement) => statement.text));
  const structure = files
    .filter((file) => file.path.startsWith("tables/"))
    .flatMap((file) => splitStatements(file.text).map((statement) => statement.text));
  const functions = statements.flatMap((text) => parseFunction(text) ?? []);
  return {
    schema,
    functions,
    tables: structure.flatMap((text) => parseTable(text) ?? []),
    indexes: structure.flatMap((text) => parseIndexes(text)),
    sequences: structure.flatMap((text) => parseSequences(text)),
    grants: statements.flatMap((text) => [...parseGrants(text), ...parseFunctionGroups(text, functions)]),
  };
}
