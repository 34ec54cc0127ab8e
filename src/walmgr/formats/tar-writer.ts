// Makes tar archives from members and their bytes.
import { makeTarHeader, TAR_BLOCK, type TarMember, tarPadding } from "./tar-header.ts";

export interface TarInput {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mode?: number;
  readonly modifiedSeconds?: number;
}

/** A whole archive of files that are in memory. */
export function makeTar(inputs: readonly TarInput[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const { name, bytes, mode = 0o600, modifiedSeconds = 0 } of inputs) {
    const member: TarMember = { name, kind: "file", sizeBytes: bytes.length, mode, modifiedSeconds, target: "" };
    parts.push(makeTarHeader(member), bytes, Buffer.alloc(tarPadding(bytes.length)));
  }
  parts.push(tarEnd());
  return Buffer.concat(parts);
}

/** The two blocks of zeros that end an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * TAR_BLOCK);
}
