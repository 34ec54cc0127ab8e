// The members of a cascaded queue, as one node knows them.
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { callNode } from "./answer.ts";

export interface NodeLocation {
  readonly name: string;
  /** Connection string that other nodes use. */
  readonly location: string;
  readonly isDead: boolean;
}

interface LocationRow {
  readonly node_name: string;
  readonly node_location: string;
  readonly dead: boolean;
}

/** By name; empty when there is no such queue. */
export async function getQueueLocations(db: Queryable, queue: string): Promise<readonly NodeLocation[]> {
  const rows = await db.query<LocationRow>(
    "select node_name, node_location, dead from pgq_node.get_queue_locations($1::text) order by node_name",
    [queue],
  );
  return rows.map(({ node_name, node_location, dead }) => ({ name: node_name, location: node_location, isDead: dead }));
}

/** On a root this tells all others. location null: the stored one stays. @throws NODE_REFUSED */
export async function registerLocation(
  db: Connection,
  log: Logger,
  queue: string,
  { name, location, isDead }: { readonly name: string; readonly location: string | null; readonly isDead: boolean },
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.register_location($1::text, $2::text, $3::text, $4::bool)", [
    queue,
    name,
    location,
    isDead,
  ]);
}

/** On a root this tells all others. @throws NODE_REFUSED when it is the node itself or its provider */
export async function unregisterLocation(db: Connection, log: Logger, queue: string, name: string): Promise<void> {
  await callNode(db, log, "select * from pgq_node.unregister_location($1::text, $2::text)", [queue, name]);
}
