// How a node tells its consumers that an administrator has written something.

/** LISTEN/NOTIFY channel; the payload is the queue's name. Nodes with the old schema do not notify: then loop_delay counts. */
export const NODE_CHANNEL = "pgq_node";
