// Streams of bytes as async iterables: cutting them into blocks, and doing work on several blocks at once in order.

export type ByteSource = AsyncIterable<Uint8Array>;

/** The same bytes as a Buffer, without copying. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Everything at once; for objects that are known to be small. */
export async function readAll(source: ByteSource | Iterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(asBuffer(part));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** A source of one piece. */
export async function* bytesOf(...parts: readonly (Uint8Array | string)[]): AsyncGenerator<Buffer> {
  await Promise.resolve();
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : asBuffer(part);
}

/** Blocks of exactly `blockBytes`, the last one shorter; an empty source gives no block. */
export async function* inBlocks(source: ByteSource | Iterable<Uint8Array>, blockBytes: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let held = 0;
  for await (const piece of source) {
    let rest = asBuffer(piece);
    while (held + rest.length >= blockBytes) {
      const missing = blockBytes - held;
      parts.push(rest.subarray(0, missing));
      yield parts.length === 1 ? rest.subarray(0, missing) : Buffer.concat(parts, blockBytes);
      rest = rest.subarray(missing);
      parts = [];
      held = 0;
    }
    if (rest.length > 0) parts.push(rest);
    held += rest.length;
  }
  if (held > 0) yield Buffer.concat(parts, held);
}

/**
 * Runs `work` on up to `parallel` items at once and gives the results in the order of the items. However it ends, none
 * goes on after it.
 */
export async function* mapInOrder<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  parallel: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of source) {
      const result = work(item);
      result.catch(() => undefined); // its error comes out when its turn comes
      running.push(result);
      if (running.length >= parallel) yield await (running.shift() as Promise<R>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(running);
  }
}
