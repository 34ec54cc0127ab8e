// A script of `execute` on its way through the set: run once on each node, in the transaction of its batch.
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { executeFinish, executeStart, setReplicationRole } from "../sql-calls/index.ts";

export interface Script {
  readonly name: string;
  readonly sql: string;
  readonly attributes: string;
}

interface ScriptContext {
  readonly queue: string;
  readonly target: Connection;
  readonly log: Logger;
}

export async function replayScript(script: Script, { queue, target, log }: ScriptContext): Promise<void> {
  await setReplicationRole(target, "local", { isLocal: false });
  if (await executeStart(target, log, queue, { ...script, isRootOnly: false })) {
    await target.execute(script.sql);
    await executeFinish(target, log, queue, script.name);
  }
  await setReplicationRole(target, "replica", { isLocal: false });
}
