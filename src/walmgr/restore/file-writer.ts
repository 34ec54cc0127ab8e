// Writes many files at once, in steps of up to a megabyte, with a bound on what is in memory.
import { constants } from "node:fs";
import { chmod, type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { EarlySync, writeAll } from "../store/index.ts";
import { type FileOwner, makeFolder } from "./owner.ts";

const STEP_BYTES = 1024 * 1024;
const MAX_PENDING_BYTES = 24 * 1024 * 1024;
const MAX_PENDING_FILES = 32;
const { O_CREAT, O_TRUNC, O_WRONLY, O_NOFOLLOW } = constants;

/** One file while its bytes come. */
export interface OpenFile {
  readonly write: (bytes: Buffer) => void;
  /** No more bytes follow. */
  readonly end: () => void;
}

export interface PositionedPiece {
  readonly at: number;
  readonly bytes: Buffer;
}

export class FileWriter {
  readonly #owner: FileOwner;
  readonly #folders = new Set<string>();
  /** Patches of one file wait for each other. */
  readonly #patches = new Map<string, Promise<void>>();
  #pendingBytes = 0;
  #pendingFiles = 0;
  #error: { readonly reason: unknown } | null = null;
  #wakers: (() => void)[] = [];

  constructor(owner: FileOwner) {
    this.#owner = owner;
  }

  /** Begins a file; what was there is replaced. Bytes are written behind the caller's back: see `room`. */
  begin(path: string, mode: number): OpenFile {
    let handle: Promise<FileHandle> | null = null;
    let parts: Buffer[] = [];
    let partBytes = 0;
    let chain = Promise.resolve();
    let early: EarlySync | null = null;
    this.#pendingFiles += 1;
    const flush = (): void => {
      const [step, stepBytes] = [parts, partBytes];
      [parts, partBytes] = [[], 0];
      handle ??= this.#open(path, mode);
      const opened = handle;
      chain = chain.then(async () => {
        const file = await opened;
        if (step.length > 0) await writeAll(file, step);
        early ??= new EarlySync(file);
        early.wrote(stepBytes);
        this.#done(stepBytes);
      });
      chain.catch((error: unknown) => this.#failed(error));
    };
    return {
      write: (bytes) => {
        parts.push(bytes);
        partBytes += bytes.length;
        this.#pendingBytes += bytes.length;
        if (partBytes >= STEP_BYTES) flush();
      },
      end: () => {
        if (handle === null || parts.length > 0) flush();
        const closing = chain.then(
          async () => {
            try {
              await early?.settled();
            } finally {
              await (await handle)?.close();
            }
          },
          async (error: unknown) => {
            await early?.settled().catch(() => undefined);
            await (await handle?.catch(() => null))?.close();
            throw error;
          },
        );
        closing.then(
          () => this.#fileDone(),
          (error: unknown) => this.#failed(error),
        );
      },
    };
  }

  /** Writes pieces into a file that is there, then gives it a length. */
  patch(path: string, pieces: readonly PositionedPiece[], lengthBytes: number | null): void {
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
    this.#pendingBytes += bytes;
    this.#pendingFiles += 1;
    const previous = this.#patches.get(path) ?? Promise.resolve();
    const next = previous.then(async () => {
      const handle = await open(path, constants.O_WRONLY | O_NOFOLLOW);
      try {
        for (const piece of pieces) await handle.write(piece.bytes, 0, piece.bytes.length, piece.at);
        if (lengthBytes !== null) await handle.truncate(lengthBytes);
      } finally {
        await handle.close();
      }
    });
    this.#patches.set(path, next);
    next.then(
      () => {
        if (this.#patches.get(path) === next) this.#patches.delete(path);
        this.#done(bytes);
        this.#fileDone();
      },
      (error: unknown) => this.#failed(error),
    );
  }

  /** Undefined when there is room for more, else a promise of it. @throws what writing threw */
  room(): Promise<void> | undefined {
    this.#throwError();
    return this.#pendingBytes < MAX_PENDING_BYTES && this.#pendingFiles < MAX_PENDING_FILES
      ? undefined
      : this.#until(() => this.#pendingBytes < MAX_PENDING_BYTES / 2 && this.#pendingFiles < MAX_PENDING_FILES);
  }

  /** Resolves when all is written. */
  async finish(): Promise<void> {
    await this.#until(() => this.#pendingFiles === 0);
  }

  /** With that mode, be it there or not. */
  async directory(path: string, mode: number): Promise<void> {
    await this.#folder(path);
    await chmod(path, mode);
  }

  async #folder(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    await makeFolder(path, this.#owner);
    this.#folders.add(path);
  }

  async #open(path: string, mode: number): Promise<FileHandle> {
    await this.#folder(dirname(path));
    const handle = await open(path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, mode);
    if (mode !== 0o600) await handle.chmod(mode);
    await this.#owner.takeHandle(handle);
    return handle;
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue() && this.#error === null) await new Promise<void>((resolve) => this.#wakers.push(resolve));
    this.#throwError();
  }

  #done(bytes: number): void {
    this.#pendingBytes -= bytes;
    this.#tell();
  }

  #fileDone(): void {
    this.#pendingFiles -= 1;
    this.#tell();
  }

  #failed(reason: unknown): void {
    this.#error ??= { reason };
    this.#tell();
  }

  #tell(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }

  #throwError(): void {
    if (this.#error !== null) throw this.#error.reason as Error;
  }
}
