// The own node of a set with its tables: what all commands about tables and sequences begin with.
import { getNodeInfo, type NodeConnections, type NodeInfo } from "../../cascade/index.ts";
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { HandlerRegistry } from "../handler/index.ts";
import { type LondisteFacts, readLondisteFacts } from "../sql-calls/index.ts";
import type { RegistrationFilter } from "./filter.ts";

/** Fits the AdminContext of src/cascade. */
export interface MemberContext {
  readonly queue: string;
  readonly connections: NodeConnections;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long one wait may take. null: for ever. */
  readonly timeoutMs: number | null;
  readonly handlers: HandlerRegistry;
  readonly filter: RegistrationFilter;
  /** A statement that changes a table may take so long. 0: no limit. */
  readonly lockTimeoutMs: number;
}

export interface Member {
  readonly context: MemberContext;
  readonly db: Connection;
  readonly node: NodeInfo;
  readonly facts: LondisteFacts;
}

/** @throws NODE_UNKNOWN when the database has no node of the queue, SCHEMA_UNKNOWN without schema londiste */
export async function openMember(context: MemberContext): Promise<Member> {
  const db = await context.connections.local();
  const node = await getNodeInfo(db, context.queue);
  if (node === null) {
    throw new SkytoolsError("NODE_UNKNOWN", `there is no node of queue ${context.queue} in this database`, {
      hint: "make one with create-root, create-branch or create-leaf; or is it another queue_name?",
    });
  }
  const facts = await readLondisteFacts(db);
  if (facts.version === null) {
    throw new SkytoolsError("SCHEMA_UNKNOWN", "schema londiste is missing in this database", {
      hint: "skytools install londiste",
    });
  }
  return { context, db, node, facts };
}

/** The provider's database; null on the root. @throws NODE_UNKNOWN when the worker has no provider */
export async function openProvider({ context, node }: Member): Promise<Connection | null> {
  if (node.type === "root") return null;
  if (node.providerLocation !== null) return await context.connections.at(node.providerLocation);
  throw new SkytoolsError("NODE_UNKNOWN", `the worker ${node.worker} of node ${node.name} has no provider`, {
    hint: "change-provider",
  });
}

/** Runs a change of a table in a transaction whose statements wait for others no longer than lock_timeout says. */
export async function changeTable<T>({ context, db }: Member, work: () => Promise<T>): Promise<T> {
  return await db.transaction(async () => {
    if (context.lockTimeoutMs > 0) {
      await db.query("select pg_catalog.set_config('lock_timeout', $1::text, true)", [`${context.lockTimeoutMs}ms`]);
    }
    return await work();
  });
}
