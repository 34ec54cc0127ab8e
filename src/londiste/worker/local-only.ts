// local_only: events of tables that are not local stay at the provider.
import { quoteLiteral } from "../../postgres/index.ts";
import type { TableInfo } from "../tables/table-info.ts";

/** SQL condition over ev_*. */
export function localOnlyCondition(
  tables: readonly TableInfo[],
  { dropsExecute }: { readonly dropsExecute: boolean },
): string {
  const names = tables.filter(({ isLocal }) => isLocal).map(({ name }) => quoteLiteral(name));
  return [
    "ev_type like 'pgq.%'",
    "ev_type like 'londiste.%'",
    ...(dropsExecute ? [] : ["ev_type = 'EXECUTE'"]),
    ...(names.length === 0 ? [] : [`ev_extra1 in (${names.join(", ")})`]),
  ].join(" or ");
}
