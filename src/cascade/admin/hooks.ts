// What a program that lives on cascaded queues adds to their administration: Londiste its schema, lists and sequences.
import type { Connection } from "../../postgres/index.ts";
import type { NodeType } from "../consumer/batch.ts";
import type { NodeInfo } from "../sql-calls/index.ts";

/** A node that is made. */
export interface CreatedNode {
  readonly node: Connection;
  /** Null for a root. */
  readonly provider: Connection | null;
  readonly queue: string;
  readonly nodeType: NodeType;
}

/** A takeover of the root. */
export interface RootChange<Old extends Connection | null = Connection> {
  readonly oldRoot: Old;
  readonly newRoot: Connection;
  readonly queue: string;
}

export interface SetHooks {
  /** create-*: before anything is made; installs what the node needs besides pgq and pgq_node. */
  readonly beforeCreate?: (context: { readonly node: Connection }) => Promise<void>;
  /** create-*: in the transaction that makes the node, after it. */
  readonly afterCreate?: (context: CreatedNode) => Promise<void>;
  /** takeover of a root, before anything is done: throws what would be lost. `oldRoot` is null when it is lost itself. */
  readonly checkPromote?: (context: RootChange<Connection | null>) => Promise<void>;
  /**
   * takeover of a root: writers are refused by the old one, and everything has arrived on the new one, which is no root
   * yet. `oldRoot` is null when it is lost. Writers wait meanwhile; what it throws ends the takeover.
   */
  readonly beforePromote?: (context: RootChange<Connection | null>) => Promise<void>;
  /** status: more lines of a node, like `Tables: 4/0/0`. */
  readonly details?: (db: Connection, node: NodeInfo, queue: string) => Promise<readonly string[]>;
}
