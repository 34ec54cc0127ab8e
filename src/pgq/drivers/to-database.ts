// Makes a Database of what the user has.
import { SkytoolsError } from "../../errors/index.ts";
import type { Database } from "../database.ts";
import { connectionDatabase } from "./connection-database.ts";
import type { DatabaseSource, PgPoolLike, PostgresJsPoolLike } from "./database-source.ts";
import { pgDatabase } from "./pg-database.ts";
import { postgresJsDatabase } from "./postgres-js-database.ts";

/** @throws WRONG_USE when it is nothing that is known */
export function toDatabase(source: DatabaseSource, applicationName = "skytools"): Database {
  if (typeof source === "string") return connectionDatabase(source, applicationName);
  if (isPostgresJs(source)) return postgresJsDatabase(source);
  if (isDatabase(source)) return source;
  if (isPgPool(source)) return pgDatabase(source);
  throw new SkytoolsError("WRONG_USE", "the database given is nothing that a consumer can open sessions on", {
    hint: "give a Pool of pg (not a Client), `sql` of postgres.js, a connection string, or a Database of your own",
  });
}

/** Ends the connections that toDatabase made; those of the user stay. */
export async function closeDatabase(database: Database): Promise<void> {
  if ("close" in database && typeof database.close === "function") await (database.close as () => Promise<void>)();
}

// These see what plain JavaScript passes.
function isPostgresJs(source: unknown): source is PostgresJsPoolLike {
  return typeof source === "function" && "unsafe" in source && "reserve" in source;
}

function isDatabase(source: unknown): source is Database {
  return isObject(source) && typeof source["open"] === "function" && typeof source["query"] === "function";
}

function isPgPool(source: unknown): source is PgPoolLike {
  return isObject(source) && typeof source["connect"] === "function" && "totalCount" in source;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
