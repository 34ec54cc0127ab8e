// Objects as files below a directory. A put writes beside, syncs, renames and syncs the folder; a crash leaves at most a
// temporary file, which nobody lists and the next put of the name replaces.
import { randomBytes } from "node:crypto";
import { constants, type Dirent } from "node:fs";
import { type FileHandle, type FileReadResult, link, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf, isAbsent } from "../../errors/index.ts";
import { directoryMissing, objectExists, objectMissing, storeFailed } from "./errors.ts";
import { makeFolder, syncFolder } from "./folder.ts";
import { checkName, compareNames, folderOfPrefix, TEMPORARY_SUFFIX } from "./names.ts";
import type { GetOptions, PutOptions, Store, StoreBody, StoredObject } from "./store.ts";
import { EarlySync, writeAll } from "./write-all.ts";

export interface DirectoryStoreOptions {
  /** Of folders that are made. Default 0700. */
  readonly folderMode?: number;
  /** Of files that are made. Default 0600. */
  readonly fileMode?: number;
  /** The directory itself is never made: one that is not there is on a disk that is not mounted. Default false. */
  readonly mustExist?: boolean;
}

const READ_BYTES = 256 * 1024;
/** Small pieces are written together. */
const STEP_BYTES = 1024 * 1024;

export class DirectoryStore implements Store {
  readonly features = { conditionalCreate: true, rename: true };
  readonly description: string;
  /** The directory itself. */
  readonly path: string;
  readonly #folderMode: number;
  readonly #fileMode: number;
  readonly #mustExist: boolean;

  /** The directory is made at the first put, unless it must exist. */
  constructor(path: string, options: DirectoryStoreOptions = {}) {
    const { folderMode = 0o700, fileMode = 0o600, mustExist = false } = options;
    this.path = path;
    this.#mustExist = mustExist;
    this.description = `directory ${path}`;
    this.#folderMode = folderMode;
    this.#fileMode = fileMode;
  }

  /** Where an object of that name lies. @throws WRONG_USE */
  fileOf(name: string): string {
    return join(this.path, checkName(name));
  }

  /** Makes the directory, as the first use of it. */
  async make(): Promise<void> {
    try {
      await this.#makeFolder(this.path, true);
    } catch (error) {
      throw storeFailed(this.description, "making it", error);
    }
  }

  /** @throws STORE_FAILED unless it is there */
  async requireThere(): Promise<void> {
    try {
      await stat(this.path);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw storeFailed(this.description, "looking at it", error);
      throw directoryMissing(this.description, error);
    }
  }

  async put(
    name: string,
    body: StoreBody,
    { ifAbsent = false, signal }: PutOptions = {},
  ): Promise<{ readonly sizeBytes: number }> {
    const path = this.fileOf(name);
    const temporary = `${path}.${randomBytes(6).toString("hex")}${TEMPORARY_SUFFIX}`;
    try {
      await this.#makeFolder(dirname(path));
      const sizeBytes = await writeSynced(temporary, body, this.#fileMode, signal);
      // A link, unlike a rename, fails when the name is taken.
      if (ifAbsent) await link(temporary, path);
      else await rename(temporary, path);
      await syncFolder(dirname(path));
      return { sizeBytes };
    } catch (error) {
      if (ifAbsent && errnoOf(error) === "EEXIST") throw objectExists(this.description, name, error);
      throw storeFailed(this.description, `writing ${name}`, error);
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /**
   * Gives a file, which nobody changes any more, this name too, without copying it. False: the name is taken, or the file is
   * elsewhere; `put` knows what to do then.
   */
  async adopt(file: string, name: string): Promise<boolean> {
    const path = this.fileOf(name);
    try {
      await this.#makeFolder(dirname(path));
      await link(file, path);
      await syncFolder(dirname(path));
      return true;
    } catch {
      return false;
    }
  }

  async get(name: string, { offset = 0, length }: GetOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const path = this.fileOf(name);
    try {
      const file = await open(path, constants.O_RDONLY);
      return readPieces(file, offset, length ?? Infinity, (cause) =>
        storeFailed(this.description, `reading ${name}`, cause),
      );
    } catch (error) {
      throw await this.#translate(error, name, "opening");
    }
  }

  async stat(name: string): Promise<StoredObject | null> {
    try {
      const { size, mtimeMs } = await stat(this.fileOf(name));
      return { name, sizeBytes: size, modifiedMs: mtimeMs };
    } catch (error) {
      if (!isAbsent(error)) throw storeFailed(this.description, `looking for ${name}`, error);
      await this.#confirmAbsence();
      return null;
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for await (const name of this.#names(folderOfPrefix(prefix), prefix)) {
      if (name.endsWith(TEMPORARY_SUFFIX)) continue;
      const found = await this.stat(name);
      if (found !== null) yield found;
    }
  }

  async delete(names: readonly string[]): Promise<void> {
    const folders = new Set<string>();
    for (const name of names) {
      const path = this.fileOf(name);
      await rm(path, { force: true }).catch((error: unknown) => {
        throw storeFailed(this.description, `deleting ${name}`, error);
      });
      folders.add(dirname(path));
    }
    for (const folder of folders) await syncIfThere(folder);
  }

  async folders(folder: string): Promise<readonly string[]> {
    const entries = await this.#entries(folder);
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort(compareNames);
  }

  async deleteFolder(folder: string): Promise<void> {
    const path = this.fileOf(folder);
    try {
      await rm(path, { recursive: true, force: true });
      await syncIfThere(dirname(path));
    } catch (error) {
      throw storeFailed(this.description, `deleting ${folder}`, error);
    }
  }

  async clearTemporary(prefix: string, beforeMs: number): Promise<void> {
    for await (const name of this.#names(folderOfPrefix(prefix), prefix)) {
      if (!name.endsWith(TEMPORARY_SUFFIX)) continue;
      const path = join(this.path, name);
      try {
        if ((await stat(path)).mtimeMs < beforeMs) await rm(path, { force: true });
      } catch (error) {
        if (!isAbsent(error)) throw storeFailed(this.description, `deleting ${name}`, error);
      }
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const target = this.fileOf(to);
    try {
      await this.#makeFolder(dirname(target));
      await rename(this.fileOf(from), target);
      await syncFolder(dirname(target));
      if (dirname(target) !== dirname(this.fileOf(from))) await syncFolder(dirname(this.fileOf(from)));
    } catch (error) {
      throw await this.#translate(error, from, "renaming");
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#names(folder: string, prefix: string): AsyncGenerator<string> {
    const entries = await this.#entries(folder);
    const named = entries.map((entry) => ({ entry, name: folder === "" ? entry.name : `${folder}/${entry.name}` }));
    const key = (one: { entry: Dirent; name: string }): string => (one.entry.isDirectory() ? `${one.name}/` : one.name);
    for (const one of named.sort((a, b) => compareNames(key(a), key(b)))) {
      if (one.entry.isDirectory()) {
        const inside = `${one.name}/`;
        if (inside.startsWith(prefix) || prefix.startsWith(inside)) yield* this.#names(one.name, prefix);
      } else if (one.name.startsWith(prefix)) {
        yield one.name;
      }
    }
  }

  async #entries(folder: string): Promise<Dirent[]> {
    try {
      return await readdir(join(this.path, folder), { withFileTypes: true });
    } catch (error) {
      if (!isAbsent(error)) throw storeFailed(this.description, `listing ${folder}`, error);
      // A folder that nothing was put into is empty; one may go away while others delete.
      await this.#confirmAbsence();
      return [];
    }
  }

  async #makeFolder(folder: string, isFirstUse = !this.#mustExist): Promise<void> {
    if (!isFirstUse) await this.requireThere();
    await makeFolder(folder, this.#folderMode);
  }

  /** On a disk that is not mounted everything is absent. @throws STORE_FAILED */
  async #confirmAbsence(): Promise<void> {
    if (this.#mustExist) await this.requireThere();
  }

  async #translate(error: unknown, name: string, what: string): Promise<Error> {
    if (!isAbsent(error)) return storeFailed(this.description, `${what} ${name}`, error);
    await this.#confirmAbsence();
    return objectMissing(this.description, name, error);
  }
}

async function writeSynced(
  path: string,
  body: StoreBody,
  mode: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const file = await open(path, "wx", mode);
  const early = new EarlySync(file);
  let sizeBytes = 0;
  let step: Uint8Array[] = [];
  let stepBytes = 0;
  let writing = Promise.resolve();
  // One step is written while the next one comes.
  const write = async (): Promise<void> => {
    await writing;
    const [pieces, bytes] = [step, stepBytes];
    [step, stepBytes] = [[], 0];
    writing = writeAll(file, pieces).then(() => early.wrote(bytes));
    writing.catch(() => undefined); // thrown where it is waited for
  };
  try {
    for await (const piece of body) {
      signal?.throwIfAborted();
      step.push(piece);
      stepBytes += piece.byteLength;
      sizeBytes += piece.byteLength;
      if (stepBytes >= STEP_BYTES) await write();
    }
    await write();
    await writing;
    await early.settled();
    await file.sync();
    return sizeBytes;
  } finally {
    await Promise.allSettled([writing, early.settled()]);
    await file.close();
  }
}

async function* readPieces(
  file: FileHandle,
  offset: number,
  length: number,
  failed: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  // One piece is read while the one before is worked on.
  const read = (at: number): Promise<FileReadResult<Buffer>> | null => {
    const wanted = Math.min(READ_BYTES, offset + length - at);
    if (wanted <= 0) return null;
    const reading = file.read({ buffer: Buffer.allocUnsafe(wanted), position: at });
    reading.catch(() => undefined); // thrown where it is waited for
    return reading;
  };
  let reading = read(offset);
  try {
    for (let at = offset; reading !== null;) {
      const { bytesRead, buffer } = await reading;
      if (bytesRead === 0) return;
      at += bytesRead;
      reading = read(at);
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw failed(error);
  } finally {
    await reading?.catch(() => undefined);
    await file.close();
  }
}

async function syncIfThere(path: string): Promise<void> {
  await syncFolder(path).catch((error: unknown) => {
    if (!isAbsent(error)) throw error;
  });
}
