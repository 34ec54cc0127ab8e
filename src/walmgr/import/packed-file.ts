// Files of other programs, which tell by their suffix how they are compressed.
import { createReadStream } from "node:fs";
import { type ByteSource, type CompressionMethod, expand, splitCodedName } from "../codec/index.ts";

export interface PackedFile {
  readonly path: string;
  readonly compression: CompressionMethod;
}

const READ_BYTES = 1024 * 1024;

/** What is encrypted is ours, and no file of another program: it keeps its whole name. */
export function splitPackedName(name: string): { readonly plainName: string; readonly compression: CompressionMethod } {
  const { plainName, compression, isEncrypted } = splitCodedName(name);
  return isEncrypted ? { plainName: name, compression: "none" } : { plainName, compression };
}

export function plainOf({ path, compression }: PackedFile): ByteSource {
  return expand(createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>, compression);
}
