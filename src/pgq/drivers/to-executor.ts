// Makes an Executor from whatever runs the caller's SQL. Which it is, its methods tell.
import { SkytoolsError } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import { drizzleExecutor } from "./drizzle-executor.ts";
import type {
  DrizzleLike,
  ExecutorSource,
  KnexLike,
  KyselyLike,
  PostgresJsLike,
  PrismaLike,
  QueryLike,
} from "./executor-source.ts";
import { knexExecutor } from "./knex-executor.ts";
import { kyselyExecutor } from "./kysely-executor.ts";
import { postgresJsExecutor } from "./postgres-js-executor.ts";
import { prismaExecutor } from "./prisma-executor.ts";
import { preparingExecutor, queryExecutor } from "./query-executor.ts";

/** What toExecutor takes. */
export interface ExecutorOptions {
  /**
   * pg only: prepare each statement once a session, which saves the server some work. Not behind a pooler that does not
   * know prepared statements. (postgres.js prepares unless its own option `prepare` is false.)
   */
  readonly prepare?: boolean;
}

const made = new WeakMap<object, Executor>();

/**
 * Runs statements in the transaction that `source` is in. For send() and the like this is done already; it is needed
 * to choose an option.
 * @throws WRONG_USE for something that runs no SQL
 */
export function toExecutor(source: ExecutorSource, { prepare = false }: ExecutorOptions = {}): Executor {
  const known = made.get(source);
  if (known !== undefined && !prepare) return known;
  const executor = makeExecutor(source, prepare);
  if (!prepare) made.set(source, executor);
  made.set(executor, executor);
  return executor;
}

function makeExecutor(source: ExecutorSource, prepare: boolean): Executor {
  if (has<PrismaLike>(source, "$queryRawUnsafe")) return prismaExecutor(source);
  if (has<KyselyLike>(source, "executeQuery") && has<KyselyLike>(source, "withoutPlugins")) {
    return kyselyExecutor(source);
  }
  if (has<PostgresJsLike>(source, "unsafe")) return postgresJsExecutor(source);
  if (has<QueryLike>(source, "query")) return prepare ? preparingExecutor(source) : queryExecutor(source);
  if (has<KnexLike>(source, "raw")) return knexExecutor(source);
  if (has<DrizzleLike>(source, "execute")) return drizzleExecutor(source);
  throw new SkytoolsError("WRONG_USE", "what was given to run SQL is of no kind that is known", {
    hint: "give a client, pool or transaction of pg, postgres.js, Kysely, Drizzle, Prisma or Knex",
  });
}

/** A knex instance and the `sql` of postgres.js are functions with methods; Prisma's client is a proxy. */
function has<T>(source: unknown, method: keyof T & string): source is T {
  if ((typeof source !== "object" && typeof source !== "function") || source === null) return false;
  return typeof (source as Record<string, unknown>)[method] === "function";
}
