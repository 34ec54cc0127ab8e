// Checksums of streams on their way through.
import { createHash } from "node:crypto";
import type { StoreBody } from "../store/index.ts";

export interface Digest {
  sizeBytes: number;
  /** Hex; empty until the stream has ended. */
  sha256: string;
}

/** The same bytes; `digest` is filled in at their end. */
export async function* digesting(body: StoreBody, digest: Digest): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const piece of body) {
    hash.update(piece);
    digest.sizeBytes += piece.byteLength;
    yield piece;
  }
  digest.sha256 = hash.digest("hex");
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
