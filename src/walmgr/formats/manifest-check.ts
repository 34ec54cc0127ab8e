// Compares the files that came with the manifest that came after them.
import { type Checksum, type ChecksumAlgorithm, createChecksum } from "../codec/index.ts";
import { isInWalFolder, type Manifest } from "./manifest.ts";

interface Seen {
  readonly sizeBytes: number;
  readonly checksum: string;
}

/** Collects what arrives, then says what differs. Cheap: one small record a file. */
export class ManifestCheck {
  readonly #algorithm: ChecksumAlgorithm;
  readonly #seen = new Map<string, Seen>();

  constructor(algorithm: ChecksumAlgorithm) {
    this.#algorithm = algorithm;
  }

  /** Begins a file; call `end` after its bytes. */
  begin(): Checksum {
    return createChecksum(this.#algorithm);
  }

  end(path: string, sizeBytes: number, checksum: Checksum): void {
    this.#seen.set(path, { sizeBytes, checksum: checksum.digest() });
  }

  get fileCount(): number {
    return this.#seen.size;
  }

  /** One line for each difference, at most `limit`; none means that all is well. */
  differences(manifest: Manifest, limit = 20): readonly string[] {
    const found: string[] = [];
    const left = new Set(this.#seen.keys());
    for (const file of manifest.files) {
      left.delete(file.path);
      const seen = this.#seen.get(file.path);
      if (seen === undefined) found.push(`${file.path} is missing`);
      else if (seen.sizeBytes !== file.sizeBytes) {
        found.push(`${file.path} has ${seen.sizeBytes} bytes instead of ${file.sizeBytes}`);
      } else if (file.algorithm === this.#algorithm && seen.checksum !== file.checksum) {
        found.push(`${file.path} has the checksum ${seen.checksum} instead of ${file.checksum}`);
      }
      if (found.length >= limit) return found;
    }
    for (const path of left) if (!isOutsideManifest(path)) found.push(`${path} is not in the manifest`);
    return found.slice(0, limit);
  }
}

/** Files that a backup may have and its manifest does not list. */
export function isOutsideManifest(path: string): boolean {
  return isInWalFolder(path) || ["backup_manifest", "postgresql.auto.conf.tmp"].includes(path);
}
