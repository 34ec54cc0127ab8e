// begin and commit around a script that is printed.

/** The script as one transaction, for psql. */
export function wrapInTransaction(script: string): string {
  return `begin transaction isolation level read committed read write;\n\n${script.trimEnd()}\n\ncommit;\n`;
}
