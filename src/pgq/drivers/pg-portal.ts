// Rows of a query some at a time, through a portal of the extended protocol (PostgreSQL documentation, "Message Flow",
// Extended Query). A Client of pg takes any object with these methods as a query. Against FETCH from a cursor the server
// keeps no copy of the rows, and against pg's own rows nothing is made but the fields: about a third of the work.
import type { TextCursor, TextRow } from "../database.ts";

interface PortalConnection {
  readonly stream: { cork(): void; uncork(): void };
  parse(query: { text: string; name: string; types: never[] }, more: boolean): void;
  bind(config: { portal: string; statement: string; values: never[] }, more: boolean): void;
  execute(config: { portal: string; rows: string }, more: boolean): void;
  sync(): void;
}

/** Only pg's own client, the one in JavaScript, has a connection that speaks the protocol. */
export function speaksProtocol(client: object): boolean {
  const connection: unknown = "connection" in client ? client.connection : undefined;
  return typeof connection === "object" && connection !== null && "parse" in connection && "execute" in connection;
}

/** @param submit - hands the query to the client when it is its turn, and waits for `done` */
export function portalCursor(
  columns: readonly string[],
  from: string,
  submit: (query: PortalQuery) => Promise<TextRow[]>,
): TextCursor {
  let isOpen = false;
  return {
    async fetch(rows) {
      const select = isOpen ? null : `select ${columns.join(", ")} ${from}`;
      const rest = await submit(new PortalQuery(select, rows));
      isOpen = true;
      return rest;
    },
  };
}

/** A session works on one batch at a time, so one name does. */
const PORTAL = "pgq_events";

/** Opens the portal, unless `sql` is null, and reads from it. */
export class PortalQuery {
  readonly done: Promise<TextRow[]>;
  readonly #sql: string | null;
  readonly #limit: number;
  readonly #rows: TextRow[] = [];
  #resolve: (rows: TextRow[]) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(sql: string | null, limit: number) {
    this.#sql = sql;
    this.#limit = limit;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: PortalConnection): void {
    connection.stream.cork();
    if (this.#sql !== null) {
      connection.parse({ text: this.#sql, name: "", types: [] }, true);
      connection.bind({ portal: PORTAL, statement: "", values: [] }, true);
    }
    connection.execute({ portal: PORTAL, rows: String(this.#limit) }, true);
    connection.sync();
    connection.stream.uncork();
  }

  handleDataRow({ fields }: { readonly fields: TextRow }): void {
    this.#rows.push(fields);
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#rows);
  }

  handleError(error: unknown): void {
    this.#reject(error);
  }

  // Sent along with the rows; they tell nothing that is needed.
  handleRowDescription(): void {}
  handlePortalSuspended(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
}
