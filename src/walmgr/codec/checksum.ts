// The checksums of backup manifests, with one interface for all of them.
import { createHash } from "node:crypto";
import { crc32c } from "./crc32c.ts";

export const checksumAlgorithms = ["NONE", "CRC32C", "SHA224", "SHA256", "SHA384", "SHA512"] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

export interface Checksum {
  update(bytes: Uint8Array): void;
  /** As the manifest writes it; empty for NONE. Only once. */
  digest(): string;
}

export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  if (algorithm === "CRC32C") return crcChecksum();
  if (algorithm === "NONE") return { update: () => undefined, digest: () => "" };
  const hash = createHash(algorithm.toLowerCase());
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
}

function crcChecksum(): Checksum {
  let crc = 0;
  return {
    update: (bytes) => void (crc = crc32c(bytes, crc)),
    // The server prints the four bytes as they lie in memory, lowest first.
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(crc);
      return bytes.toString("hex");
    },
  };
}
