// What logs the changes of a table, and what else fires when they are replayed.
import { quoteFqname, type Queryable } from "../../postgres/index.ts";
import type { TableStructure } from "../structure/index.ts";
import type { CheckFinding } from "./finding.ts";

type Found = Omit<CheckFinding, "table">;

export interface TriggerFacts {
  readonly queue: string;
  readonly isRoot: boolean;
  /** The session may set session_replication_role. */
  readonly maySetRole: boolean;
}

export async function checkTriggers(
  db: Queryable,
  structure: TableStructure,
  { queue, isRoot, maySetRole }: TriggerFacts,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  if (!(await isLogged(db, queue, structure))) {
    found.push({
      level: isRoot ? "error" : "warning",
      text: isRoot ? "nothing logs its changes" : "nothing refuses changes made here",
      hint: "change-handler makes the triggers anew",
    });
  }
  const own = structure.triggers.filter(
    (trigger) => trigger.queue === null && !trigger.name.startsWith("_pgq_capture_"),
  );
  for (const { name, enabled } of isRoot ? [] : own) {
    if (enabled === "A" || enabled === "R") {
      found.push({
        level: "warning",
        text: `trigger ${name} fires in replay too (enable ${enabled === "A" ? "always" : "replica"})`,
      });
    } else if (!maySetRole && enabled === "O") {
      found.push({
        level: "error",
        text: `trigger ${name} fires in replay: this server does not let the role set session_replication_role`,
        hint: "the worker disables it unless its role does not own the table",
      });
    }
  }
  for (const { name, kind } of isRoot || maySetRole ? [] : structure.constraints) {
    if (kind === "foreign key") {
      found.push({
        level: "error",
        text: `foreign key ${name} is checked in replay, whose order is not that of the root`,
        hint: "the worker takes it away, and brings it back when the node becomes root, unless its role does not own the table",
      });
    }
  }
  return found;
}

/** Triggers put what is changed into the queue, or refuse it. */
export async function isLogged(db: Queryable, queue: string, structure: TableStructure): Promise<boolean> {
  return structure.triggers.some((trigger) => trigger.queue === queue) || (await isCaptured(db, queue, structure.name));
}

async function isCaptured(db: Queryable, queue: string, table: string): Promise<boolean> {
  const hasCapture = await db.one<{ found: boolean }>(
    "select pg_catalog.to_regprocedure('pgq.get_capture_info(text)') is not null as found",
  );
  if (!hasCapture.found) return false;
  const found = await db.query(
    "select 1 from pgq.get_capture_info($1::text) c where c.table_name = $2::text::regclass::text",
    [queue, quoteFqname(table)],
  );
  return found.length > 0;
}
