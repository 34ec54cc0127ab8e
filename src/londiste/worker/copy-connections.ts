// How many connections may copy one table (threaded_copy_tables, threaded_copy_pool_size).

export interface CopyPoolRules {
  /** Globs of full names: * for any text, ? for one character, [abc] for one of them. Case counts. */
  readonly tables: readonly string[];
  readonly poolSize: number;
}

export function copyConnections(table: string, { tables, poolSize }: CopyPoolRules): number {
  return tables.some((glob) => globPattern(glob).test(table)) ? poolSize : 1;
}

function globPattern(glob: string): RegExp {
  const text = glob.replaceAll(/\[(!?)([^\]]+)\]|[*?]|[\\^$.|+(){}[\]]/g, (found, not?: string, set?: string) => {
    if (found === "*") return ".*";
    if (found === "?") return ".";
    if (set !== undefined) return `[${not === "!" ? "^" : ""}${set.replaceAll("\\", "\\\\")}]`;
    return `\\${found}`;
  });
  return new RegExp(`^${text}$`, "s");
}
