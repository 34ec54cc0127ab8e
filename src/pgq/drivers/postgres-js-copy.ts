// COPY into a table through postgres.js, inside a transaction or on a reserved connection.
import { pipeline } from "node:stream/promises";

/** A statement of postgres.js that was not awaited yet. It calls `reject` for every error of the server. */
interface Pending {
  reject: (error: unknown) => void;
  writable(): Promise<NodeJS.WritableStream>;
}

/** @returns number of rows. An error of the source takes everything back and comes out as it is. */
export async function copyIntoPostgresJs(
  sql: { unsafe(sql: string): unknown },
  text: string,
  source: AsyncIterable<string> | Iterable<string>,
): Promise<number> {
  const statement = sql.unsafe(text) as Pending;
  const stream = await statement.writable();
  // From here on the driver has nobody to tell of an error, and after the last row it would leave the stream unfinished.
  const refused = new Promise<never>((_, reject) => (statement.reject = reject));
  let rows = 0;
  const counted = async function* (): AsyncGenerator<string> {
    for await (const chunk of source) {
      for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", at + 1)) rows += 1;
      yield chunk;
    }
  };
  await Promise.race([pipeline(counted, stream), refused]);
  return rows;
}
