// The checksum by which a repository knows its objects again: XXH64. It finds damage and nothing more; whether bytes come from
// somebody who has the key is the business of encryption. SHA-256 takes longer than all else that is done with the bytes.
import xxhash from "xxhash-wasm";

/** The library keeps memory for the longest piece that it was given. */
const PIECE_BYTES = 256 * 1024;
const ALGORITHM = "xxh64";

type Library = Awaited<ReturnType<typeof xxhash>>;

/** Compiled at the first use: most commands have none. */
let library: Promise<Library> | null = null;

export class StreamChecksum {
  readonly #state: ReturnType<Library["create64"]>;

  private constructor(loaded: Library) {
    this.#state = loaded.create64();
  }

  static async start(): Promise<StreamChecksum> {
    return new StreamChecksum(await (library ??= xxhash()));
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) this.#state.update(bytes.subarray(at, at + PIECE_BYTES));
  }

  /** `xxh64:` and 16 hexadecimal digits. */
  digest(): string {
    return `${ALGORITHM}:${this.#state.digest().toString(16).padStart(16, "0")}`;
  }
}
