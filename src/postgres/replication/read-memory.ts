// Memory that a socket reads into, in large buffers. Nearly all of these are garbage again by the time of the next cheap
// collection, while a buffer for each read would call for expensive ones; those that are lent are used again.

const BUFFER_BYTES = 1024 * 1024;
/** With less room than this in a buffer the next one is begun. */
const MIN_READ_BYTES = 128 * 1024;

export class ReadMemory {
  #room: Buffer = Buffer.alloc(0);
  #buffer: Buffer | null = null;
  #isLent = false;
  /** Full since the last giveBack(). */
  #full: Buffer[] = [];
  /** Full before the last giveBack(): whoever asked for more then may still look at what he got. */
  #held: Buffer[] = [];
  #free: Buffer[] = [];

  /** Where the next read goes. */
  room(): Buffer {
    if (this.#room.length >= MIN_READ_BYTES) return this.#room;
    if (this.#isLent && this.#buffer !== null) this.#full.push(this.#buffer);
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#room = this.#buffer;
    return this.#room;
  }

  /** What was read. Never written over, unless it was lent and given back. */
  read(bytes: number): Buffer {
    const data = this.#room.subarray(0, bytes);
    this.#room = this.#room.subarray(bytes);
    return data;
  }

  /** What is read from now on counts as lent. */
  lend(): void {
    this.#isLent = true;
  }

  /** Nothing is lent any more; what was lent stays as it is. */
  keep(): void {
    this.#isLent = false;
    [this.#full, this.#held, this.#free] = [[], [], []];
  }

  /**
   * Called by the reader before he takes more: he is done with all that he has taken, and will now take all that was read
   * up to then. So what is full now is in his hands until the call after the next one.
   */
  giveBack(): void {
    if (!this.#isLent) return;
    this.#free.push(...this.#held);
    this.#held = this.#full;
    this.#full = [];
  }
}
