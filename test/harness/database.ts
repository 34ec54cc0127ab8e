// Databases for tests: each test file makes its own from a template and gets clients that are closed with it.
import pg from "pg";
import { inject } from "vitest";
import { queryAt } from "./query-at.ts";

export interface TestDatabase extends AsyncDisposable {
  readonly major: number;
  readonly name: string;
  readonly url: string;
  /** A client of this database, closed with it. */
  connect(user?: string): Promise<pg.Client>;
  drop(): Promise<void>;
}

/** The majors of this run, for `describe.each(majors())`. */
export function majors(): readonly number[] {
  return inject("servers").map((server) => server.major);
}

/** Address of the maintenance database of a major's server. */
export function serverUrl(major: number): string {
  const server = inject("servers").find((s) => s.major === major);
  if (server === undefined) throw new Error(`no server of major ${major} in this run`);
  return server.url;
}

let counter = 0;

/** Makes a database: with PgQ in it ("pgq_template"), or an empty one ("template1"). */
export function createDatabase(major: number, template = "pgq_template"): Promise<TestDatabase> {
  return createDatabaseOn({ major, url: serverUrl(major) }, template);
}

/** The same on another server than the shared one of the major. */
export async function createDatabaseOn(
  { major, url: server }: { readonly major: number; readonly url: string },
  template: string,
): Promise<TestDatabase> {
  const name = `t_${process.pid}_${(counter += 1)}`;
  await queryAt(server, `create database ${name} template ${template}`);

  const clients: pg.Client[] = [];
  const url = withDatabase(server, name);
  const drop = async (): Promise<void> => {
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
    await queryAt(server, `drop database if exists ${name} with (force)`);
  };
  return {
    major,
    name,
    url,
    async connect(user) {
      const client = new pg.Client(user === undefined ? url : withUser(url, user));
      client.on("error", () => undefined); // tests that kill the server look at the failing query instead
      await client.connect();
      clients.push(client);
      return client;
    },
    drop,
    [Symbol.asyncDispose]: drop,
  };
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(name)}`;
  return changed.href;
}

function withUser(url: string, user: string): string {
  const changed = new URL(url);
  changed.username = encodeURIComponent(user);
  return changed.href;
}
