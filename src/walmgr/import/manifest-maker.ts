// A manifest for a backup that has none, from its archives while they are read.
import type { BaseBackupEvent } from "../backup/index.ts";
import { type Checksum, createChecksum } from "../codec/index.ts";
import { type ManifestFile, TarReader } from "../formats/index.ts";

export class ManifestMaker {
  readonly files: ManifestFile[] = [];
  #reader = new TarReader();
  #prefix = "";
  #sum: Checksum | null = null;

  see(events: readonly BaseBackupEvent[]): void {
    for (const event of events) {
      if (event.type === "archive") {
        this.#reader = new TarReader();
        this.#prefix = event.oid === null ? "" : `pg_tblspc/${event.oid}/`;
      } else if (event.type === "data") this.#read(event.bytes);
    }
  }

  #read(bytes: Buffer): void {
    for (const event of this.#reader.push(bytes)) {
      if (event.type === "member") this.#sum = event.member.kind === "file" ? createChecksum("CRC32C") : null;
      else if (event.type === "data") this.#sum?.update(event.bytes);
      else if (this.#sum !== null) {
        const { name, sizeBytes, modifiedSeconds } = event.member;
        const lastModified = `${new Date(modifiedSeconds * 1000).toISOString().slice(0, 19).replace("T", " ")} GMT`;
        const common = { path: this.#prefix + name, sizeBytes, lastModified };
        this.files.push({ ...common, algorithm: "CRC32C", checksum: this.#sum.digest() });
        this.#sum = null;
      }
    }
  }
}
