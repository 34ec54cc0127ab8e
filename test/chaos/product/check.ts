// Compares what producers committed with what each consumer did.
import type { Done } from "./ledger.ts";
import { overlapping } from "./overlap.ts";

export interface Guarantee {
  readonly consumer: string;
  readonly isExactlyOnce: boolean;
  /** The first times of all events, or of those of each part, are in the order of batches, and of ids within a batch. */
  readonly order: "all" | "part" | "none";
}

const SHOWN = 4;

/** What was wrong; empty when the consumer kept its guarantee. `done` in the order in which it was done. */
export function violations(guarantee: Guarantee, made: ReadonlySet<string>, done: readonly Done[]): string[] {
  const found = [...unknown(made, done), ...missing(made, done)];
  if (guarantee.isExactlyOnce) found.push(...doubled(done), ...sharedBatches(done));
  if (guarantee.order === "all") found.push(...disorder(done));
  if (guarantee.order === "part") {
    const parts = new Set(done.map(({ part }) => part));
    for (const part of parts) {
      const rows = done.filter((row) => row.part === part);
      found.push(...disorder(rows), ...workedAtOnce(rows));
    }
  }
  return found.map((text) => `${guarantee.consumer}: ${text}`);
}

function unknown(made: ReadonlySet<string>, done: readonly Done[]): string[] {
  return report(
    "done, but no committed transaction made it",
    done.filter(({ key }) => !made.has(key)),
  );
}

function missing(made: ReadonlySet<string>, done: readonly Done[]): string[] {
  const keys = new Set(done.map(({ key }) => key));
  return report(
    "committed, but never done",
    [...made].filter((key) => !keys.has(key)),
  );
}

function doubled(done: readonly Done[]): string[] {
  const seen = new Map<string, Done>();
  const twice: unknown[] = [];
  for (const row of done) {
    const before = seen.get(row.key);
    if (before === undefined) seen.set(row.key, row);
    else twice.push([before, row]);
  }
  return report("done twice", twice);
}

/** Rows of one batch whose work counts must be of one worker. */
function sharedBatches(done: readonly Done[]): string[] {
  const workers = new Map<string, Set<string>>();
  for (const { batch_id: batch, worker } of done) {
    workers.set(batch, (workers.get(batch) ?? new Set()).add(worker));
  }
  return report(
    "batch finished by two workers",
    [...workers].filter(([, names]) => names.size > 1).map(([batch, names]) => [batch, ...names]),
  );
}

function workedAtOnce(done: readonly Done[]): string[] {
  return report("worked on by two at once", overlapping(done));
}

function disorder(done: readonly Done[]): string[] {
  const seen = new Set<string>();
  const wrong: unknown[] = [];
  let last: Done | null = null;
  for (const row of done) {
    if (seen.has(row.key)) continue;
    seen.add(row.key);
    if (last !== null && !isBefore(last, row)) wrong.push([last, row]);
    last = row;
  }
  return report("done before what came earlier", wrong);
}

function isBefore(a: Done, b: Done): boolean {
  const ticks = BigInt(a.tick_id) - BigInt(b.tick_id);
  return ticks < 0n || (ticks === 0n && BigInt(a.ev_id) < BigInt(b.ev_id));
}

function report(what: string, items: readonly unknown[]): string[] {
  if (items.length === 0) return [];
  const shown = items.slice(0, SHOWN).map((item) => JSON.stringify(item));
  return [`${items.length} × ${what}: ${shown.join(" ")}`];
}
