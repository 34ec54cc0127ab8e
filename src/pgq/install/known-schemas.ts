// The schemas that skytools can install, and what each needs to be there before.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import { packageRoot } from "../../service/index.ts";

export interface KnownSchema {
  readonly name: string;
  readonly summary: string;
  /** Schemas that must be installed in the same database first. */
  readonly requires: readonly string[];
}

const schemas: readonly KnownSchema[] = [
  { name: "pgq", summary: "queues", requires: [] },
  { name: "pgq_coop", summary: "several workers on one consumer", requires: ["pgq"] },
  { name: "pgq_ext", summary: "positions of consumers that write into another database", requires: [] },
  { name: "pgq_node", summary: "cascaded queues", requires: ["pgq"] },
  { name: "londiste", summary: "replication of tables", requires: ["pgq", "pgq_node"] },
];

/** The schemas whose sources are in this package. */
export function installableSchemas(): readonly KnownSchema[] {
  const present = new Set(readdirSync(join(packageRoot(), "sql")));
  return schemas.filter((schema) => present.has(schema.name));
}

/** @throws SCHEMA_UNKNOWN */
export function knownSchema(name: string): KnownSchema {
  const found = installableSchemas().find((schema) => schema.name === name);
  if (found !== undefined) return found;
  const names = installableSchemas().map((schema) => schema.name);
  throw new SkytoolsError("SCHEMA_UNKNOWN", `there is no schema ${JSON.stringify(name)} in skytools`, {
    hint: `known: ${names.join(", ")}`,
    details: { name, known: names },
  });
}
