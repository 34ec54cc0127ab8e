// How a table is to be made like another one.
export interface CreateTableOptions {
  /** schema.table on this node, not quoted. */
  readonly destination: string;
  /**
   * plain: columns with their types, not-null, generated and identity columns, primary key or else unique indexes that can
   * stand in for it, and the partitions. full: also defaults, constraints, indexes, triggers (not those of queues), rules,
   * grants, owner, comments.
   */
  readonly parts: "plain" | "full";
  /** Major version of the server that runs the statements, e.g. 14. */
  readonly targetMajor: number;
  /** Names, schema.name, that sequences of identity columns cannot have there: something else uses them. */
  readonly takenSequences: ReadonlySet<string>;
}
