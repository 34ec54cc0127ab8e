// Checksums of streams on their way through.
import { StreamChecksum } from "../codec/index.ts";
import type { StoreBody } from "../store/index.ts";

export interface Digest {
  sizeBytes: number;
  /** Empty until the stream has ended. */
  checksum: string;
}

/** The same bytes; `digest` is filled in at their end. */
export async function* digesting(body: StoreBody, digest: Digest): AsyncGenerator<Uint8Array> {
  const checksum = await StreamChecksum.start();
  for await (const piece of body) {
    checksum.update(piece);
    digest.sizeBytes += piece.byteLength;
    yield piece;
  }
  digest.checksum = checksum.digest();
}

export function newDigest(): Digest {
  return { sizeBytes: 0, checksum: "" };
}

export async function digestOf(body: StoreBody): Promise<Digest> {
  const digest = newDigest();
  const pieces = digesting(body, digest);
  while ((await pieces.next()).done !== true);
  return digest;
}
