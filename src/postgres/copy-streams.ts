// COPY in both directions as streams. The connection sees to it that nothing else runs meanwhile.
import { finished, pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import type pg from "pg";
import { from as copyFromStdin, to as copyToStdout } from "pg-copy-streams";

/** Bytes of the COPY format, cut anywhere. */
export type CopySource = Readable | AsyncIterable<Buffer | string> | Iterable<Buffer | string>;

/** Wraps an error of the caller's source on its way through the connection, so that it comes out as it was. */
export class CopySourceError extends Error {
  override readonly name = "CopySourceError";
}

/** Sends all of the source, whose end it tells; returns the number of rows. An error of the source makes the server forget what it got. */
export async function sendCopy(client: pg.Client, sql: string, source: CopySource, atEnd: () => void): Promise<number> {
  const sink = client.query(copyFromStdin(sql));
  await pipeline(marked(source, atEnd), sink);
  return sink.rowCount;
}

async function* marked(source: CopySource, atEnd: () => void): AsyncGenerator<Buffer | string> {
  try {
    for await (const chunk of source as AsyncIterable<Buffer | string>) yield chunk;
  } catch (cause) {
    throw new CopySourceError("the source of a COPY failed", { cause });
  } finally {
    atEnd();
  }
}

export interface ReceiveHooks {
  /** Stops the statement on the server. */
  readonly cancel: () => Promise<void>;
  /** Called once when the connection is free again. */
  readonly done: () => void;
  /** What the reader gets for an error of the statement. */
  readonly translate: (error: unknown) => Error;
}

/** The stream of one COPY TO STDOUT. */
export function receiveCopy(client: pg.Client, sql: string, hooks: ReceiveHooks): Readable {
  const inner = client.query(copyToStdout(sql));
  inner.on("error", (error) => inner.destroy(error)); // the driver emits it without destroying; readers would wait on
  const stream = Readable.from(readThrough(inner, hooks), { objectMode: false });
  // A generator that was never started does not run its finally block.
  stream.once("close", () => void release(inner, hooks));
  return stream;
}

/** The driver's stream may not be destroyed half read: it would leave the rest of the rows to the next statement. */
async function* readThrough(inner: Readable, hooks: ReceiveHooks): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of inner.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch (error) {
    throw hooks.translate(error);
  } finally {
    await release(inner, hooks);
  }
}

const released = new WeakSet<Readable>();

async function release(inner: Readable, { cancel, done }: ReceiveHooks): Promise<void> {
  if (released.has(inner)) return;
  released.add(inner);
  if (!inner.readableEnded && inner.errored === null && !inner.destroyed) {
    const ended = finished(inner.resume()).catch(() => undefined);
    await cancel();
    await ended;
  }
  done();
}
