// Prisma decides the type of a parameter by its JavaScript type: everything goes as text, the statements cast it.
import type { Executor, Parameter } from "../database.ts";
import type { PrismaLike } from "./executor-source.ts";
import { rowsOf } from "./rows.ts";

export function prismaExecutor(prisma: PrismaLike): Executor {
  return {
    async query<R extends object>(sql: string, params: readonly Parameter[] = []) {
      const texts = params.map((value) => (value === null ? null : String(value)));
      return rowsOf<R>(await prisma.$queryRawUnsafe(sql, ...texts));
    },
  };
}
