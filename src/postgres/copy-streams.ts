// COPY in both directions as streams. The connection sees to it that nothing else runs meanwhile.
import { finished, pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import type pg from "pg";
import { from as copyFromStdin, to as copyToStdout } from "pg-copy-streams";

/** Bytes of the COPY format, cut anywhere. */
export type CopySource = Readable | AsyncIterable<Buffer | string> | Iterable<Buffer | string>;

/** Sends all of the source; returns the number of rows. An error of the source makes the server forget what it got. */
export async function sendCopy(client: pg.Client, sql: string, source: CopySource): Promise<number> {
  const sink = client.query(copyFromStdin(sql));
  await pipeline(source instanceof Readable ? source : Readable.from(source, { objectMode: false }), sink);
  return sink.rowCount;
}

export interface ReceiveHooks {
  /** Stops the statement on the server. */
  readonly cancel: () => Promise<void>;
  /** Called once when the connection is free again. */
  readonly done: () => void;
}

/** The stream of one COPY TO STDOUT. */
export function receiveCopy(client: pg.Client, sql: string, { cancel, done }: ReceiveHooks): Readable {
  const stream = client.query(copyToStdout(sql));
  void finished(stream).then(done, async () => {
    await cancel();
    done();
  });
  return stream;
}
