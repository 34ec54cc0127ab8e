// Reads a table's structure from the catalogue.
import type { Connection } from "../../postgres/index.ts";
import type { TableStructure } from "./table-structure.ts";

/** `name` is schema.table, not quoted. Null: there is no such table. */
export function readStructure(db: Connection, name: string): Promise<TableStructure | null> {
  throw new Error(`not yet ${db.facts.database} ${name}`);
}
