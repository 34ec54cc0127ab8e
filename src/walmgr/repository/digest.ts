// Checksums of streams on their way through.
import { BackgroundSha256 } from "../codec/index.ts";
import type { StoreBody } from "../store/index.ts";

export interface Digest {
  sizeBytes: number;
  /** Hex; empty until the stream has ended. */
  sha256: string;
}

/** The same bytes; `digest` is filled in at their end. */
export async function* digesting(body: StoreBody, digest: Digest): AsyncGenerator<Uint8Array> {
  const hash = new BackgroundSha256();
  try {
    for await (const piece of body) {
      const slow = hash.update(piece);
      if (slow !== undefined) await slow;
      digest.sizeBytes += piece.byteLength;
      yield piece;
    }
    digest.sha256 = await hash.digest();
  } finally {
    hash.abandon();
  }
}

export function newDigest(): Digest {
  return { sizeBytes: 0, sha256: "" };
}

export async function digestOf(body: StoreBody): Promise<Digest> {
  const digest = newDigest();
  const pieces = digesting(body, digest);
  while ((await pieces.next()).done !== true);
  return digest;
}
