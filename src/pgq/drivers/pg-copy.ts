// COPY into a table through a Client of pg, which takes any object with these methods as a query. pg-copy-streams does
// the same and more, but a user who only consumes need not have it.
import { once, type EventEmitter } from "node:events";
import type { Writable } from "node:stream";

interface CopyConnection {
  readonly stream: Writable & EventEmitter;
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

interface CopyClient {
  query(submittable: CopyIn): unknown;
}

/** @returns number of rows. An error of the source takes everything back and comes out as it is. */
export async function copyInto(
  client: CopyClient,
  sql: string,
  source: AsyncIterable<string> | Iterable<string>,
): Promise<number> {
  const copy = new CopyIn(sql, source);
  client.query(copy);
  return await copy.done;
}

class CopyIn {
  readonly done: Promise<number>;
  readonly #sql: string;
  readonly #source: AsyncIterable<string> | Iterable<string>;
  #rows = 0;
  #failure: { readonly error: unknown } | null = null;
  #resolve: (rows: number) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(sql: string, source: AsyncIterable<string> | Iterable<string>) {
    this.#sql = sql;
    this.#source = source;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    void this.#send(connection);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rows = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0);
  }

  handleReadyForQuery(): void {
    if (this.#failure === null) this.#resolve(this.#rows);
    else this.#reject(this.#failure.error);
  }

  handleError(error: unknown): void {
    this.#failure ??= { error };
    this.#reject(this.#failure.error);
  }

  // Only a statement other than COPY makes the server send these.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}

  async #send(connection: CopyConnection): Promise<void> {
    try {
      for await (const chunk of this.#source) {
        if (this.#failure !== null) return; // the server has refused a row already
        connection.sendCopyFromChunk(Buffer.from(chunk));
        if (connection.stream.writableNeedDrain) await once(connection.stream, "drain");
      }
      connection.endCopyFrom();
    } catch (error) {
      this.#failure ??= { error };
      connection.sendCopyFail("the source of the rows failed");
    }
  }
}
