// How the two tables of a comparison fit together.

/** How the two tables fit together. */
export interface TableMatch {
  /** Key columns; null when the tables have none in common. */
  readonly key: readonly MatchedColumn[] | null;
  /** The columns that are compared, in the target's order; the key's are among them. */
  readonly columns: readonly MatchedColumn[];
  /** Columns that only one side has. */
  readonly onlySource: readonly string[];
  readonly onlyTarget: readonly string[];
  /** Expression of a row's 64-bit hash; the columns are those of alias `t`. */
  readonly rowHash: string;
  /** Both databases store texts as the same bytes. */
  readonly isSameEncoding: boolean;
}

export interface MatchedColumn {
  readonly name: string;
  /** Types as format_type gives them. */
  readonly sourceType: string;
  readonly targetType: string;
  /** The target computes it, so that it cannot be written. */
  readonly isGenerated: boolean;
}
