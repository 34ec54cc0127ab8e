// Scripts: noting on a node that one is run, and sending it to the others.
import { callNode } from "../../cascade/index.ts";
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";

export interface ScriptCall {
  /** Counts once a database. */
  readonly name: string;
  readonly sql: string;
  /** Urlencoded; empty when there are none. */
  readonly attributes: string;
  /** Refuse anywhere but on the root. */
  readonly isRootOnly: boolean;
}

/**
 * Notes that the script is run in this transaction. A second session with the same name waits for the first.
 * @returns false: it was run before
 * @throws NODE_REFUSED (401) when the node is not the root
 */
export async function executeStart(db: Connection, log: Logger, queue: string, script: ScriptCall): Promise<boolean> {
  const row = await callNode(
    db,
    log,
    "select * from londiste.execute_start($1::text, $2::text, $3::text, $4::bool, $5::text)",
    [queue, script.name, script.sql, script.isRootOnly, script.attributes],
  );
  return row.ret_code !== 201;
}

/** On the root sends the script to the others. @throws NODE_REFUSED */
export async function executeFinish(db: Connection, log: Logger, queue: string, name: string): Promise<void> {
  await callNode(db, log, "select * from londiste.execute_finish($1::text, $2::text)", [queue, name]);
}

/** Notes a script as run without running it. @returns false: it was noted before */
export async function skipScript(db: Queryable, queue: string, name: string): Promise<boolean> {
  const count = await db.affected(
    `insert into londiste.applied_execute (queue_name, execute_file, execute_sql, execute_attrs)
     values ($1::text, $2::text, '', '')
         on conflict (execute_file) do nothing`,
    [queue, name],
  );
  return count === 1;
}
