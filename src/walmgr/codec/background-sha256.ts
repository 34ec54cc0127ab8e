// SHA-256 of a stream in a thread of its own: it takes longer than everything else that is done with the bytes. One thread
// serves all streams of the process; it is started by the first one that is long enough to be worth it.
import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";

/** Shorter streams are hashed here: a thread takes some 40 ms to start. */
const SHORT_BYTES = 1024 * 1024;
const SLOT_BYTES = 512 * 1024;
/** So much may wait for the thread before the stream has to. */
const MAX_WAITING_SLOTS = 6;

export class BackgroundSha256 {
  /** The beginning, while it is not known whether the stream is short. */
  #held: Uint8Array[] | null = [];
  #heldBytes = 0;
  #stream: ThreadStream | null = null;

  /** Returns a promise when the bytes come faster than they are hashed. They may be changed afterwards only by their owner. */
  update(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#held === null) return this.#stream?.update(bytes);
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes < SHORT_BYTES) return undefined;
    const held = this.#held;
    this.#held = null;
    this.#stream = new ThreadStream(HashThread.shared());
    let slow: Promise<void> | undefined;
    for (const piece of held) slow = this.#stream.update(piece);
    return slow;
  }

  /** Hex. Only once. */
  async digest(): Promise<string> {
    if (this.#stream !== null) return await this.#stream.digest();
    const hash = createHash("sha256");
    for (const piece of this.#held ?? []) hash.update(piece);
    this.#held = null;
    return hash.digest("hex");
  }

  /** For a stream that breaks: nothing is left of it. May be called after digest, too. */
  abandon(): void {
    this.#held = null;
    this.#stream?.abandon();
  }
}

/** One stream as the thread sees it: slots of memory that both have, filled here and hashed there. */
class ThreadStream {
  readonly #thread: HashThread;
  readonly #id: number;
  #slot: Slot | null = null;
  #used = 0;

  constructor(thread: HashThread) {
    this.#thread = thread;
    this.#id = thread.open();
  }

  update(bytes: Uint8Array): Promise<void> | undefined {
    for (let at = 0; at < bytes.length;) {
      const slot = (this.#slot ??= this.#thread.takeSlot());
      const part = bytes.subarray(at, at + SLOT_BYTES - this.#used);
      slot.bytes.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === SLOT_BYTES) this.#send();
    }
    return this.#thread.room();
  }

  digest(): Promise<string> {
    if (this.#used > 0) this.#send();
    return this.#thread.finish(this.#id);
  }

  abandon(): void {
    if (this.#slot !== null) this.#thread.giveBack(this.#slot);
    this.#slot = null;
    this.#thread.forget(this.#id);
  }

  #send(): void {
    if (this.#slot !== null) this.#thread.hash(this.#id, this.#slot, this.#used);
    this.#slot = null;
    this.#used = 0;
  }
}

interface Slot {
  readonly number: number;
  readonly bytes: Uint8Array;
}

type Answer =
  | { readonly slot: number; readonly digest?: undefined }
  | { readonly id: number; readonly digest: string; readonly slot?: undefined };

/** Text, as a file of its own would be found under another name in the sources than in what is built. */
const THREAD = `
const { parentPort } = require("node:worker_threads");
const { createHash } = require("node:crypto");
const slots = [];
const hashes = new Map();
parentPort.on("message", ({ id, slot, buffer, length, end }) => {
  if (buffer !== undefined) slots[slot] = new Uint8Array(buffer);
  else if (length !== undefined) {
    if (!hashes.has(id)) hashes.set(id, createHash("sha256"));
    hashes.get(id).update(slots[slot].subarray(0, length));
    parentPort.postMessage({ slot });
  } else {
    if (end) parentPort.postMessage({ id, digest: hashes.get(id).digest("hex") });
    hashes.delete(id);
  }
});
`;

class HashThread {
  static #shared: HashThread | null = null;
  readonly #worker: Worker;
  readonly #slots: Slot[] = [];
  #free: Slot[] = [];
  #waiting = 0;
  #wakers: (() => void)[] = [];
  #ids = 0;
  readonly #open = new Set<number>();
  readonly #digests = new Map<
    number,
    { readonly resolve: (hex: string) => void; readonly reject: (e: Error) => void }
  >();
  #broken: Error | null = null;

  static shared(): HashThread {
    if (this.#shared === null || this.#shared.#broken !== null) this.#shared = new HashThread();
    return this.#shared;
  }

  private constructor() {
    this.#worker = new Worker(THREAD, { eval: true });
    this.#worker.unref();
    this.#worker.on("message", (answer: Answer) => this.#answered(answer));
    this.#worker.on("error", (error) => this.#break(error));
    this.#worker.on("exit", () => this.#break(new Error("the thread of checksums has ended")));
  }

  open(): number {
    this.#ids += 1;
    this.#open.add(this.#ids);
    this.#worker.ref(); // what waits for it must not end the process
    return this.#ids;
  }

  takeSlot(): Slot {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const buffer = new SharedArrayBuffer(SLOT_BYTES);
    const slot = { number: this.#slots.length, bytes: new Uint8Array(buffer) };
    this.#slots.push(slot);
    this.#worker.postMessage({ slot: slot.number, buffer });
    return slot;
  }

  /** One that was not sent. */
  giveBack(slot: Slot): void {
    this.#free.push(slot);
  }

  hash(id: number, { number }: Slot, length: number): void {
    this.#waiting += 1;
    this.#worker.postMessage({ id, slot: number, length });
  }

  room(): Promise<void> | undefined {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (this.#waiting < MAX_WAITING_SLOTS) return undefined;
    return new Promise((resolve) => this.#wakers.push(resolve));
  }

  async finish(id: number): Promise<string> {
    if (this.#broken !== null) throw this.#broken;
    this.#worker.postMessage({ id, end: true });
    try {
      return await new Promise<string>((resolve, reject) => this.#digests.set(id, { resolve, reject }));
    } finally {
      this.#close(id);
    }
  }

  forget(id: number): void {
    if (!this.#open.has(id)) return;
    this.#worker.postMessage({ id, end: false });
    this.#close(id);
  }

  #close(id: number): void {
    this.#digests.delete(id);
    this.#open.delete(id);
    if (this.#open.size === 0) this.#worker.unref();
  }

  #answered(answer: Answer): void {
    if (answer.digest !== undefined) {
      this.#digests.get(answer.id)?.resolve(answer.digest);
      return;
    }
    this.#waiting -= 1;
    this.#free.push(this.#slots[answer.slot] as Slot);
    if (this.#waiting < MAX_WAITING_SLOTS) this.#wake();
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#wake();
    for (const { reject } of this.#digests.values()) reject(this.#broken);
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
