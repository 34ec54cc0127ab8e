// Settling for tables without a key: rows are only known by what is in them, so that each look is a scan of both sides.
import type { Connection } from "../../postgres/index.ts";
import type { Suspect } from "./differ.ts";
import type { Reader } from "./reader.ts";
import { type SettleOptions, toDifference } from "./settle.ts";
import type { Settled } from "./settled.ts";

type Copies = ReadonlyMap<string, number>;

export async function settleCopies(
  suspects: readonly Suspect[],
  seenAtMs: number,
  { source, target, snapshots, clock, intervalMs, limitMs, signal }: SettleOptions,
): Promise<Settled> {
  const deadline = clock.now() + limitMs;
  let seenAt = seenAtMs;
  let before = new Map(suspects.map(({ key, surplus = 1 }) => [key[0] ?? "", surplus]));
  const settled = new Map<string, number>();
  let open = [...before.keys()];
  do {
    await clock.sleep(Math.max(0, seenAt + intervalMs - clock.now()), signal);
    signal?.throwIfAborted();
    seenAt = clock.now();
    const [pair] = await snapshots.renew(1);
    if (pair === undefined) break;
    const [ours, theirs] = await Promise.all([copies(source, pair.source, open), copies(target, pair.target, open)]);
    await snapshots.end();
    const now = new Map(open.map((hash) => [hash, (ours.get(hash) ?? 0) - (theirs.get(hash) ?? 0)]));
    for (const hash of open)
      if (now.get(hash) !== 0 && now.get(hash) === before.get(hash)) settled.set(hash, now.get(hash) ?? 0);
    open = open.filter((hash) => now.get(hash) !== 0 && !settled.has(hash));
    before = now;
  } while (open.length > 0 && clock.now() < deadline);
  const differences = [...settled].map(([key, surplus]) => {
    const hash = BigInt(key);
    return toDifference({
      key: [key],
      surplus,
      sourceHash: surplus > 0 ? hash : null,
      targetHash: surplus > 0 ? null : hash,
    });
  });
  return { differences, undecided: open.length, inFlight: suspects.length - settled.size - open.length };
}

async function copies(reader: Reader, db: Connection, hashes: readonly string[]): Promise<Copies> {
  const inner = `select ${reader.rowHash} as h from ${reader.from} where ${reader.filter} offset 0`;
  const rows = await db.query<{ h: bigint; n: bigint }>(
    `select h, count(*) as n from (${inner}) q where h = any($1::int8[]) group by h`,
    [hashes],
  );
  return new Map(rows.map(({ h, n }) => [String(h), Number(n)]));
}
