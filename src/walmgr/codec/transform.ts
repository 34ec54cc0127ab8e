// A Node transform stream as a step between two async iterables; errors and early ends go both ways.
import { Readable, type Transform } from "node:stream";
import type { ByteSource } from "./bytes.ts";

export async function* throughTransform(source: ByteSource, make: () => Transform): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  const transform = make();
  input.on("error", (error) => transform.destroy(error));
  input.pipe(transform);
  try {
    for await (const chunk of transform) yield chunk as Buffer;
  } finally {
    input.destroy();
    transform.destroy();
  }
}
