// The files of one archive: checksums of files, and of the pages in them where the cluster has those.
import type { DoneBackup } from "../backup/index.ts";
import type { ByteSource, Checksum } from "../codec/index.ts";
import { firstBlockOf, isPageSound, type ManifestCheck, PAGE_BYTES, TarReader } from "../formats/index.ts";
import type { Findings } from "./findings.ts";

export interface CheckContentsOptions {
  readonly source: ByteSource;
  readonly oid: string | null;
  readonly check: ManifestCheck;
  readonly backup: DoneBackup;
  readonly findings: Findings;
}

export async function checkContents({ source, oid, check, backup, findings }: CheckContentsOptions): Promise<void> {
  const prefix = oid === null ? "" : `pg_tblspc/${oid}/`;
  const reader = new TarReader();
  let checksum: Checksum | null = null;
  let pages: PageCheck | null = null;
  for await (const piece of source) {
    findings.checkedBytes += piece.length;
    for (const event of reader.push(piece)) {
      if (event.type === "data") {
        checksum?.update(event.bytes);
        pages?.push(event.bytes);
      } else if (event.type === "member") {
        const path = prefix + event.member.name;
        checksum = event.member.kind === "file" ? check.begin() : null;
        const first = backup.hasDataChecksums && event.member.kind === "file" ? firstBlockOf(path) : null;
        pages = first === null ? null : new PageCheck(path, first, backup, findings);
      } else if (checksum !== null) check.end(prefix + event.member.name, event.member.sizeBytes, checksum);
    }
  }
  reader.finish();
}

/** A page that was written after the backup began may be torn: the WAL replaces it. Some bad pages of a file are enough. */
class PageCheck {
  readonly #path: string;
  readonly #backup: DoneBackup;
  readonly #findings: Findings;
  #block: number;
  #rest: Buffer = Buffer.alloc(0);
  #badPages = 0;

  constructor(path: string, firstBlock: number, backup: DoneBackup, findings: Findings) {
    this.#path = path;
    this.#block = firstBlock;
    this.#backup = backup;
    this.#findings = findings;
  }

  push(bytes: Buffer): void {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (; data.length >= PAGE_BYTES; data = data.subarray(PAGE_BYTES)) this.#check(data.subarray(0, PAGE_BYTES));
    this.#rest = Buffer.from(data);
  }

  #check(page: Buffer): void {
    const block = this.#block++;
    if (isPageSound(page, block) || this.#badPages >= 5) return;
    const lsn = (BigInt(page.readUInt32LE(0)) << 32n) | BigInt(page.readUInt32LE(4));
    if (lsn >= this.#backup.startLsn) return;
    this.#badPages += 1;
    this.#findings.bad(this.#backup.set, `${this.#path}: block ${block} has a wrong page checksum`);
  }
}
