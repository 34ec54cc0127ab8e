// Writers that remember, outside of the server, every commit that it acknowledged.
import pg from "pg";

export interface Acknowledged {
  readonly id: number;
  /** Position of the WAL just before the commit. */
  readonly lsn: bigint;
  /** performance.now() when the answer came. */
  readonly atMs: number;
}

export const TABLE = `create table paid (id int primary key, pad text);
  alter table paid alter column pad set storage external`;

const EVERY = 25;
const PAD = "repeat(md5(random()::text), 8192)"; // 256 kB: WAL runs through segments

/** Inserts until the server is gone or `isOver`. */
export async function write(
  url: string,
  { first, step }: { readonly first: number; readonly step: number },
  acknowledged: Acknowledged[],
  isOver: () => boolean,
): Promise<void> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  try {
    await client.connect();
    for (let id = first, n = 0; !isOver(); id += step, n += 1) {
      const pad = n % EVERY === 0 ? PAD : "null";
      const { rows } = await client.query<{ lsn: string }>(
        `insert into paid values ($1, ${pad}) returning pg_current_wal_insert_lsn()::text as lsn`,
        [id],
      );
      acknowledged.push({ id, lsn: lsnOf(rows[0]!.lsn), atMs: performance.now() });
    }
  } catch {
    // The server was killed.
  } finally {
    await client.end().catch(() => undefined);
  }
}

export function lsnOf(text: string): bigint {
  const [high = "0", low = "0"] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
