// Reads a tar archive as it arrives, cut anywhere: gives members and their bytes in order, and keeps nothing.
import { asBuffer } from "../codec/index.ts";
import { badArchive, parseTarHeader, TAR_BLOCK, type TarMember, tarPadding } from "./tar-header.ts";

export type TarEvent =
  | { readonly type: "member"; readonly member: TarMember }
  /** Bytes of the last member; a slice of what was pushed. */
  | { readonly type: "data"; readonly bytes: Buffer }
  | { readonly type: "end"; readonly member: TarMember };

/** Refuses names that lead out of the directory, names that come twice, and anything below a symbolic link. */
export class TarReader {
  readonly #names = new Set<string>();
  readonly #links = new Set<string>();
  #member: TarMember | null = null;
  #dataLeft = 0;
  #paddingLeft = 0;
  #header: Buffer = Buffer.alloc(0);
  #isOver = false;

  /** What is in the next piece of the archive. @throws ARCHIVE_INVALID */
  *push(piece: Uint8Array): Generator<TarEvent> {
    let rest = asBuffer(piece);
    while (rest.length > 0 && !this.#isOver) {
      if (this.#dataLeft > 0 && this.#member !== null) {
        const bytes = rest.subarray(0, this.#dataLeft);
        rest = rest.subarray(bytes.length);
        this.#dataLeft -= bytes.length;
        yield { type: "data", bytes };
        if (this.#dataLeft === 0) yield { type: "end", member: this.#member };
      } else if (this.#paddingLeft > 0) {
        const skipped = Math.min(this.#paddingLeft, rest.length);
        this.#paddingLeft -= skipped;
        rest = rest.subarray(skipped);
      } else {
        const missing = TAR_BLOCK - this.#header.length;
        const block =
          this.#header.length === 0
            ? rest.subarray(0, missing)
            : Buffer.concat([this.#header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        this.#header = block.length < TAR_BLOCK ? Buffer.from(block) : Buffer.alloc(0);
        if (block.length === TAR_BLOCK) yield* this.#begin(block);
      }
    }
  }

  /** @throws ARCHIVE_INVALID when the archive stops in the middle of a member */
  finish(): void {
    if (this.#dataLeft > 0 || this.#paddingLeft > 0 || this.#header.length > 0) {
      throw badArchive(`it ends in the middle${this.#member === null ? "" : ` of ${this.#member.name}`}`);
    }
  }

  *#begin(block: Buffer): Generator<TarEvent> {
    const member = parseTarHeader(block);
    if (member === null) {
      this.#isOver = true; // zeros follow, nothing else
      return;
    }
    this.#check(member);
    this.#member = member;
    this.#dataLeft = member.sizeBytes;
    this.#paddingLeft = tarPadding(member.sizeBytes);
    yield { type: "member", member };
    if (this.#dataLeft === 0) yield { type: "end", member };
  }

  #check({ name, kind }: TarMember): void {
    if (kind !== "directory" && this.#names.has(name)) throw badArchive(`${name} is in it twice`);
    if (this.#links.size > 0) {
      for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) {
        if (this.#links.has(name.slice(0, at))) throw badArchive(`${name} goes through a symbolic link`);
      }
    }
    this.#names.add(name);
    if (kind === "symlink") this.#links.add(name);
  }
}
