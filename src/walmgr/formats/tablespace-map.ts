// tablespace_map: from which the server makes the links in pg_tblspc when it first starts on a backup.

export interface Tablespace {
  readonly oid: string;
  /** Absolute path of the directory. */
  readonly path: string;
}

export function parseTablespaceMap(text: string): readonly Tablespace[] {
  const tablespaces: Tablespace[] = [];
  // A line feed that is part of a path has a backslash before it.
  for (const line of text.match(/(?:\\[\s\S]|[^\\\n])+/g) ?? []) {
    const space = line.indexOf(" ");
    if (space <= 0) continue;
    tablespaces.push({ oid: line.slice(0, space), path: line.slice(space + 1).replaceAll(/\\([\s\S])/g, "$1") });
  }
  return tablespaces;
}

export function formatTablespaceMap(tablespaces: readonly Tablespace[]): string {
  return tablespaces.map(({ oid, path }) => `${oid} ${path.replaceAll(/[\n\r\\]/g, "\\$&")}\n`).join("");
}
