// Files of other programs, which tell by their suffix how they are compressed.
import { createReadStream } from "node:fs";
import { SkytoolsError } from "../../errors/index.ts";
import { type ByteSource, type CompressionMethod, expand, expandCut, splitCodedName } from "../codec/index.ts";

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

/** @throws IMPORT_UNREADABLE when it is damaged */
export async function* plainOf({ path, compression }: PackedFile): AsyncGenerator<Uint8Array> {
  try {
    yield* expand(stored(path), compression);
  } catch (error) {
    if (!(error instanceof SkytoolsError) || error.code !== "REPOSITORY_DAMAGED") throw error;
    throw new SkytoolsError("IMPORT_UNREADABLE", `${path} is damaged or cut off: ${error.message}`, {
      cause: error,
      hint: "put a whole one there, or take it away, and import again",
    });
  }
}

/** As far as it can be expanded: its writer goes on, or was killed. */
export function begunOf({ path, compression }: PackedFile): ByteSource {
  return expandCut(stored(path), compression);
}

function stored(path: string): ByteSource {
  return createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}
