// The little that installing needs of a connection; a Connection of src/postgres fits.

export interface InstallDatabase {
  query<R extends object>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  /** Runs a script of any number of statements. */
  execute(script: string): Promise<readonly { readonly command: string }[]>;
}
