// An entry of the maintenance list as a statement. Pure. Source: pgqd 3.5.
import type { MaintenanceOperation } from "../pgq/index.ts";
import { quoteFqname } from "../postgres/index.ts";

export interface Statement {
  readonly sql: string;
  readonly params: readonly string[];
}

/** Null for an entry that names nothing. */
export function operationStatement({ name, argument }: MaintenanceOperation): Statement | null {
  const vacuum = /^vacuum( analyze)?$/i.exec(name);
  if (vacuum !== null) return argument === null ? null : { sql: `${name} ${quoteFqname(argument)}`, params: [] };
  if (name.trim() === "") return null;
  // The result as text is what every type has.
  return argument === null
    ? { sql: `select (${quoteFqname(name)}())::text as result`, params: [] }
    : { sql: `select (${quoteFqname(name)}($1))::text as result`, params: [argument] };
}

/** A result that asks for the same call once more: a whole number other than zero. */
export function asksForMore(result: string | null | undefined): boolean {
  return result !== null && result !== undefined && /^\s*[+-]?\d+\s*$/.test(result) && Number(result) !== 0;
}

/** For log lines. */
export function describeOperation({ name, argument }: MaintenanceOperation): string {
  return argument === null ? `${name}()` : /^vacuum/i.test(name) ? `${name} ${argument}` : `${name}(${argument})`;
}
