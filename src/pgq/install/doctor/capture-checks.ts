// Captured tables whose triggers do not fit them any more.
import type { InstallDatabase } from "../database.ts";
import { type Finding, remark } from "./finding.ts";

interface CaptureRow {
  queue: string;
  table: string;
  reason: string;
}

const STALE = `
select queue_name as queue, table_name as table, state_reason as reason
  from pgq.get_capture_info()
 where state <> 'ok'
 order by 1, 2`;

export async function checkCaptures(db: InstallDatabase): Promise<readonly Finding[]> {
  const [found] = await db.query("select 1 where pg_catalog.to_regprocedure('pgq.get_capture_info()') is not null");
  if (found === undefined) return []; // is reported as missing
  const rows = await db.query<CaptureRow>(STALE);
  return rows.map(({ queue, table, reason }) =>
    remark(
      "stale-capture",
      `the capture of ${table} into queue ${queue} is stale: ${reason}`,
      "select pgq.maint_capture();",
    ),
  );
}
