// The right to do something that only one process may do: an object with the holder's name and a heartbeat. It is made only
// if absent; a stale one is moved away first, which only one of several can do. Clocks of two computers are not compared:
// whoever wants the lease of a holder elsewhere watches whether it beats.
import { randomBytes } from "node:crypto";
import { callAfter, type Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { isRunning, ownIdentity, type ProcessIdentity } from "../../service/index.ts";
import { isExisting, isMissing, readText, type Store, writeText } from "../store/index.ts";
import type { Lease } from "./types.ts";

interface Holder extends ProcessIdentity {
  /** Different for each time the lease is taken. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly heartbeatMs: number;
}

export const HEARTBEAT_MS = 10_000;
/** A holder on another computer that was silent for so long, while somebody watched, is taken for dead. */
export const STALE_MS = 60_000;
/** A holder that could not beat for so long stops, before others take it for dead. */
const SILENT_MS = STALE_MS - 2 * HEARTBEAT_MS;
const MAX_TRIES = 5;

/** The signal ends the watching of a holder elsewhere. @throws LEASE_HELD, STORE_FAILED, ABORTED */
export async function takeLease(store: Store, name: string, clock: Clock, signal?: AbortSignal): Promise<Lease> {
  const object = `lock/${name}.json`;
  const own: Holder = { ...ownIdentity(), token: randomBytes(8).toString("hex"), heartbeatMs: clock.now() };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    try {
      await writeText(store, object, JSON.stringify(own), { ifAbsent: true });
      return new HeldLease(store, name, object, own, clock);
    } catch (error) {
      if (!isExisting(error)) throw error;
    }
    const holder = await readHolder(store, object);
    if (holder === null) continue;
    // The answer to our own first try was lost.
    if (holder.token === own.token) return new HeldLease(store, name, object, own, clock);
    const isAlive = isRunning(holder);
    // One that has beaten just now by our clock need not be watched; by another clock that says nothing.
    if (isAlive === true || (isAlive === null && Math.abs(clock.now() - holder.heartbeatMs) <= STALE_MS)) {
      throw held(store, name, holder);
    }
    const latest = isAlive === false ? holder : await watch(store, object, holder, clock, signal);
    if (latest === null) continue;
    if (!isSame(latest, holder)) throw held(store, name, latest);
    await removeStale(store, object, holder);
  }
  throw new SkytoolsError("LEASE_HELD", `the lease "${name}" of ${store.description} is being fought over`);
}

class HeldLease implements Lease {
  readonly name: string;
  readonly #store: Store;
  readonly #object: string;
  readonly #clock: Clock;
  readonly #lost = new AbortController();
  #own: Holder;
  #cancelBeat: () => void = () => undefined;
  #cancelEnd: () => void;
  #beating: Promise<void> = Promise.resolve();
  #isReleased = false;

  constructor(store: Store, name: string, object: string, own: Holder, clock: Clock) {
    this.name = name;
    this.#store = store;
    this.#object = object;
    this.#own = own;
    this.#clock = clock;
    this.#cancelEnd = this.#endAfterSilence();
    this.#schedule();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async requireHeld(): Promise<void> {
    this.lost.throwIfAborted();
    const holder = await readHolder(this.#store, this.#object);
    if (holder?.token !== this.#own.token) this.#lost.abort(held(this.#store, this.name, holder));
    this.lost.throwIfAborted();
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#cancelBeat();
    this.#cancelEnd();
    await this.#beating;
    const holder = await readHolder(this.#store, this.#object).catch(() => null);
    if (holder?.token === this.#own.token) await this.#store.delete([this.#object]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #schedule(): void {
    const beat = (): void => void (this.#beating = this.#beat());
    this.#cancelBeat = callAfter(HEARTBEAT_MS, beat, { isUrgent: false });
  }

  /** A timer, as the clock may be set, and a store that is asked may never answer. */
  #endAfterSilence(): () => void {
    const end = (): void => this.#lost.abort(silent(this.#store, this.name));
    return callAfter(SILENT_MS, end, { isUrgent: false });
  }

  async #beat(): Promise<void> {
    const cancelEnd = this.#endAfterSilence(); // counts from before the beat, which others may see at once
    try {
      await this.requireHeld();
      const next = { ...this.#own, heartbeatMs: this.#clock.now() };
      await writeText(this.#store, this.#object, JSON.stringify(next));
      this.#own = next;
      this.#cancelEnd();
      this.#cancelEnd = cancelEnd;
    } catch {
      cancelEnd(); // the older one goes on
    }
    if (this.#isReleased) this.#cancelEnd();
    else if (!this.lost.aborted) this.#schedule();
  }
}

/** Until it beats, ends, or was silent for long enough. @returns what it is then */
async function watch(
  store: Store,
  object: string,
  seen: Holder,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Holder | null> {
  for (let watchedMs = 0; watchedMs < STALE_MS; watchedMs += HEARTBEAT_MS) {
    await clock.sleep(HEARTBEAT_MS, signal);
    if (signal?.aborted === true) throw new SkytoolsError("ABORTED", "stopped by a signal while waiting for a lease");
    const now = await readHolder(store, object);
    if (now === null || !isSame(now, seen)) return now;
  }
  return seen;
}

function isSame(a: Holder, b: Holder): boolean {
  return a.token === b.token && a.heartbeatMs === b.heartbeatMs;
}

/** Moves it away, looks whether it is still the one that was seen, and puts back one that is not. */
async function removeStale(store: Store, object: string, seen: Holder): Promise<void> {
  if (!store.features.rename) {
    const now = await readHolder(store, object);
    if (now !== null && isSame(now, seen)) await store.delete([object]);
    return;
  }
  const aside = `${object}.${randomBytes(4).toString("hex")}.old`;
  try {
    await store.rename(object, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const moved = await readText(store, aside);
  if (moved !== null && !isSame(parseHolder(moved), seen)) {
    await writeText(store, object, moved, { ifAbsent: true }).catch((error: unknown) => {
      if (!isExisting(error)) throw error;
    });
  }
  await store.delete([aside]);
}

async function readHolder(store: Store, object: string): Promise<Holder | null> {
  const text = await readText(store, object);
  return text === null ? null : parseHolder(text);
}

/** What nobody can read is nobody's: a holder that never lives. */
function parseHolder(text: string): Holder {
  const nobody = { host: "", pid: 0, bootId: "", started: "", token: text, heartbeatMs: 0 };
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    return { ...nobody, ...value };
  } catch {
    return nobody;
  }
}

function held(store: Store, name: string, holder: Holder | null): SkytoolsError {
  const who = holder === null ? "somebody else" : `process ${holder.pid} on ${holder.host}`;
  return new SkytoolsError("LEASE_HELD", `${who} holds the lease "${name}" of ${store.description}`, {
    hint: "only one process may do this at a time; a dead one on another computer loses its lease after a minute",
    details: { holder },
  });
}

function silent(store: Store, name: string): SkytoolsError {
  const seconds = SILENT_MS / 1000;
  return new SkytoolsError(
    "STORE_FAILED",
    `the lease "${name}" of ${store.description} was not renewed for ${seconds} s`,
    {
      hint: "is it reachable, and was this process held up? Another one may have the lease now",
    },
  );
}
