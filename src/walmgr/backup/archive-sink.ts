// One archive of a backup on its way: into the repositories, and past the check of its files.
import { BytePipe, type CompressionMethod, expandLent } from "../codec/index.ts";
import type { ArchiveCheck } from "./archive-check.ts";
import type { BackupObject } from "./description.ts";

export class ArchiveSink {
  readonly #toStore = new BytePipe();
  readonly #toCheck: BytePipe | null;
  readonly #check: ArchiveCheck;
  readonly #stored: Promise<BackupObject>;
  readonly #checked: Promise<void>;
  #error: { readonly reason: unknown } | null = null;

  /** `store` writes what it is given. `arrivesAs`: how the server compressed it. */
  constructor(check: ArchiveCheck, arrivesAs: CompressionMethod, store: (source: BytePipe) => Promise<BackupObject>) {
    this.#check = check;
    this.#toCheck = arrivesAs === "none" ? null : new BytePipe();
    this.#stored = store(this.#toStore);
    this.#checked = this.#toCheck === null ? Promise.resolve() : checkExpanded(this.#toCheck, arrivesAs, check);
    this.#stored.catch((reason: unknown) => this.#stop(this.#toStore, reason));
    this.#checked.catch((reason: unknown) => this.#stop(this.#toCheck, reason));
  }

  /** Returns a promise when the bytes come faster than they go. @throws what the store or the check threw */
  write(bytes: Buffer): Promise<unknown> | undefined {
    this.#throwError();
    if (this.#toCheck === null) this.#check.push(bytes);
    const [slowStore, slowCheck] = [this.#toStore.write(bytes), this.#toCheck?.write(bytes)];
    return slowStore === undefined && slowCheck === undefined ? undefined : Promise.all([slowStore, slowCheck]);
  }

  /** Resolves when the archive is stored and whole. */
  async finish(): Promise<BackupObject> {
    this.#throwError();
    this.#toStore.end();
    this.#toCheck?.end();
    await this.#checked;
    this.#check.finish();
    return await this.#stored;
  }

  /** Nothing is left under the archive's name. */
  async abandon(reason: unknown): Promise<void> {
    this.#toStore.fail(reason);
    this.#toCheck?.fail(reason);
    await Promise.allSettled([this.#stored, this.#checked]);
  }

  /** Its reader may never have begun: who waits for that is let go, and gets the reason next. */
  #stop(pipe: BytePipe | null, reason: unknown): void {
    this.#error ??= { reason };
    pipe?.abandon();
  }

  #throwError(): void {
    if (this.#error !== null) throw this.#error.reason;
  }
}

async function checkExpanded(source: BytePipe, arrivesAs: CompressionMethod, check: ArchiveCheck): Promise<void> {
  for await (const bytes of expandLent(source, arrivesAs)) check.push(bytes);
}
