// Objects as files on another computer, over SSH's file transfer. A put writes beside, syncs where the server can, and
// renames; a hard link makes a name only if it is free.
import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path/posix";
import { randomBytes } from "node:crypto";
import type { Client, SFTPWrapper, Stats } from "ssh2";
import { SkytoolsError } from "../../errors/index.ts";
import { objectExists, objectMissing, storeFailed } from "./errors.ts";
import { checkName, compareNames, folderOfPrefix, TEMPORARY_SUFFIX } from "./names.ts";
import type { GetOptions, PutOptions, Store, StoreBody, StoredObject } from "./store.ts";
import { isKnownHost } from "./known-hosts.ts";

export interface SftpOptions {
  readonly host: string;
  readonly port: number;
  /** Null: the name of the user here. */
  readonly user: string | null;
  /** Directory there; relative to the login's home unless it begins with a slash. */
  readonly path: string;
  /** Null: the agent, then ~/.ssh/id_ed25519. */
  readonly privateKeyFile: string | null;
  /** `SHA256:…`; null: what known_hosts has. */
  readonly hostKey: string | null;
  /** Socket of the agent. */
  readonly agent: string | null;
  readonly home: string | null;
}

interface Session {
  readonly client: Client;
  readonly sftp: SFTPWrapper;
}

const CONNECT_LIMIT_MS = 20_000;
const READ_BYTES = 256 * 1024;
const NO_SUCH_FILE = 2;
const FAILURE = 4;

export class SftpStore implements Store {
  readonly features = { conditionalCreate: true, rename: true };
  readonly description: string;
  readonly #options: SftpOptions;
  #session: Promise<Session> | null = null;

  constructor(options: SftpOptions) {
    this.#options = options;
    this.description = `sftp://${options.host}:${options.port}/${options.path.replace(/^\//, "")}`;
  }

  async put(
    name: string,
    body: StoreBody,
    { ifAbsent = false, signal }: PutOptions = {},
  ): Promise<{ readonly sizeBytes: number }> {
    const path = this.#path(name);
    const temporary = `${path}.${randomBytes(6).toString("hex")}${TEMPORARY_SUFFIX}`;
    const { sftp } = await this.#open();
    try {
      await this.#makeFolder(sftp, dirname(path));
      const sizeBytes = await this.#write(sftp, temporary, body, signal);
      if (ifAbsent) await this.#makeName(sftp, temporary, path, name);
      else await call((done) => sftp.ext_openssh_rename(temporary, path, done));
      return { sizeBytes };
    } catch (error) {
      throw this.#translate(error, `writing ${name}`, name);
    } finally {
      await call((done) => sftp.unlink(temporary, done)).catch(() => undefined);
    }
  }

  async get(name: string, { offset = 0, length }: GetOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const { sftp } = await this.#open();
    try {
      const handle = await value<Buffer>((done) => sftp.open(this.#path(name), "r", done));
      return this.#read(sftp, handle, name, offset, length ?? Infinity);
    } catch (error) {
      throw this.#translate(error, `opening ${name}`, name);
    }
  }

  async stat(name: string): Promise<StoredObject | null> {
    const { sftp } = await this.#open();
    try {
      const found = await value<Stats>((done) => sftp.stat(this.#path(name), done));
      return { name, sizeBytes: found.size, modifiedMs: found.mtime * 1000 };
    } catch (error) {
      if (statusOf(error) === NO_SUCH_FILE) return null;
      throw this.#translate(error, `looking for ${name}`, name);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for await (const found of this.#listFolder(folderOfPrefix(prefix), prefix)) {
      if (!found.name.endsWith(TEMPORARY_SUFFIX)) yield found;
    }
  }

  async clearTemporary(prefix: string, beforeMs: number): Promise<void> {
    const { sftp } = await this.#open();
    for await (const { name, modifiedMs } of this.#listFolder(folderOfPrefix(prefix), prefix)) {
      if (!name.endsWith(TEMPORARY_SUFFIX) || modifiedMs >= beforeMs) continue;
      await call((done) => sftp.unlink(join(this.#options.path, name), done)).catch((error: unknown) => {
        if (statusOf(error) !== NO_SUCH_FILE) throw this.#translate(error, `deleting ${name}`, name);
      });
    }
  }

  async delete(names: readonly string[]): Promise<void> {
    const { sftp } = await this.#open();
    for (const name of names) {
      await call((done) => sftp.unlink(this.#path(name), done)).catch((error: unknown) => {
        if (statusOf(error) !== NO_SUCH_FILE) throw this.#translate(error, `deleting ${name}`, name);
      });
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const { sftp } = await this.#open();
    try {
      await this.#makeFolder(sftp, dirname(this.#path(to)));
      await call((done) => sftp.ext_openssh_rename(this.#path(from), this.#path(to), done));
    } catch (error) {
      throw this.#translate(error, `renaming ${from}`, from);
    }
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => null);
    this.#session = null;
    session?.client.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #path(name: string): string {
    return join(this.#options.path, checkName(name));
  }

  async #write(sftp: SFTPWrapper, path: string, body: StoreBody, signal: AbortSignal | undefined): Promise<number> {
    const handle = await value<Buffer>((done) => sftp.open(path, "wx", 0o600, done));
    let at = 0;
    try {
      for await (const piece of body) {
        signal?.throwIfAborted();
        const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
        if (bytes.length === 0) continue;
        await call((done) => sftp.write(handle, bytes, 0, bytes.length, at, done));
        at += bytes.length;
      }
      // Servers other than OpenSSH may not know it; then the file is as durable as they make it.
      await call((done) => sftp.ext_openssh_fsync(handle, done)).catch(() => undefined);
      return at;
    } finally {
      await call((done) => sftp.close(handle, done));
    }
  }

  /** A link fails when the name is taken; so does a plain rename where links are not known. */
  async #makeName(sftp: SFTPWrapper, from: string, to: string, name: string): Promise<void> {
    const failure = await failureOf((done) => sftp.ext_openssh_hardlink(from, to, done));
    if (failure === null) return;
    const isTaken = await value<Stats>((done) => sftp.stat(to, done)).then(
      () => true,
      () => false,
    );
    if (isTaken) throw objectExists(this.description, name, failure);
    await call((done) => sftp.rename(from, to, done));
  }

  async *#read(
    sftp: SFTPWrapper,
    handle: Buffer,
    name: string,
    offset: number,
    length: number,
  ): AsyncGenerator<Uint8Array> {
    try {
      for (let at = offset; at < offset + length;) {
        const wanted = Math.min(READ_BYTES, offset + length - at);
        const bytes = await readAt(sftp, handle, at, wanted);
        if (bytes === null) return;
        yield bytes;
        at += bytes.length;
      }
    } catch (error) {
      throw this.#translate(error, `reading ${name}`, name);
    } finally {
      await call((done) => sftp.close(handle, done)).catch(() => undefined);
    }
  }

  async *#listFolder(folder: string, prefix: string): AsyncGenerator<StoredObject> {
    const { sftp } = await this.#open();
    const entries = await value<{ readonly filename: string; readonly attrs: Stats }[]>((done) =>
      sftp.readdir(join(this.#options.path, folder === "" ? "." : folder), done),
    ).catch((error: unknown) => {
      if (statusOf(error) === NO_SUCH_FILE) return [];
      throw this.#translate(error, `listing ${folder}`, folder);
    });
    const named = entries
      .map(({ filename, attrs }) => ({ name: folder === "" ? filename : `${folder}/${filename}`, attrs }))
      .sort((a, b) => compareNames(sortKey(a), sortKey(b)));
    for (const { name, attrs } of named) {
      if (attrs.isDirectory()) {
        if (`${name}/`.startsWith(prefix) || prefix.startsWith(`${name}/`)) yield* this.#listFolder(name, prefix);
      } else if (name.startsWith(prefix)) {
        yield { name, sizeBytes: attrs.size, modifiedMs: attrs.mtime * 1000 };
      }
    }
  }

  async #makeFolder(sftp: SFTPWrapper, folder: string): Promise<void> {
    const failure = await failureOf((done) => sftp.mkdir(folder, { mode: 0o700 }, done));
    // "Failure" is also what comes when it exists.
    if (failure === null || statusOf(failure) === FAILURE) return;
    if (statusOf(failure) !== NO_SUCH_FILE || dirname(folder) === folder) throw failure;
    await this.#makeFolder(sftp, dirname(folder));
    await this.#makeFolder(sftp, folder);
  }

  #open(): Promise<Session> {
    this.#session ??= this.#connect().catch((error: unknown) => {
      this.#session = null;
      throw storeFailed(this.description, "connecting", error);
    });
    return this.#session;
  }

  async #connect(): Promise<Session> {
    const { host, port, user, hostKey, home, agent } = this.#options;
    const { Client } = await import("ssh2").then(
      (module) => module.default,
      () => {
        throw new SkytoolsError("STORE_FAILED", "repositories behind ssh need the package ssh2", {
          hint: "npm install ssh2",
        });
      },
    );
    const privateKey = await this.#privateKey();
    const client = new Client();
    const forget = (): void => void (this.#session = null);
    client.on("close", forget).on("error", forget);
    await new Promise<void>((resolve, reject) => {
      client.once("ready", () => resolve());
      client.once("error", reject);
      client.connect({
        host,
        port,
        ...(user === null ? {} : { username: user }),
        ...(privateKey === null ? {} : { privateKey }),
        ...(privateKey === null && agent !== null ? { agent } : {}),
        readyTimeout: CONNECT_LIMIT_MS,
        keepaliveInterval: CONNECT_LIMIT_MS,
        hostVerifier: (key: Buffer, verify: (isGood: boolean) => void) => {
          const isGood = hostKey === null ? isKnownHost(home, host, port, key) : Promise.resolve(isSame(hostKey, key));
          void isGood.then(verify, () => verify(false));
        },
      });
    });
    return { client, sftp: await value<SFTPWrapper>((done) => client.sftp(done)) };
  }

  async #privateKey(): Promise<Buffer | null> {
    const { privateKeyFile, home, agent } = this.#options;
    if (privateKeyFile !== null) return await readFile(privateKeyFile);
    if (agent !== null || home === null) return null;
    return await readFile(join(home, ".ssh", "id_ed25519")).catch(() => null);
  }

  #translate(error: unknown, what: string, name: string): Error {
    if (error instanceof SkytoolsError) return error;
    if (statusOf(error) === NO_SUCH_FILE) return objectMissing(this.description, name, error);
    return storeFailed(this.description, what, error);
  }
}

type Done = (error?: Error | null) => void;

function call(start: (done: Done) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function failureOf(start: (done: Done) => unknown): Promise<Error | null> {
  return await call(start).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}

function value<T>(start: (done: (error: Error | null | undefined, result: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/** Null at the end of the file. */
function readAt(sftp: SFTPWrapper, handle: Buffer, at: number, length: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    sftp.read(handle, Buffer.allocUnsafe(length), 0, length, at, (error, bytesRead, buffer) => {
      const isEnd = statusOf(error) === 1;
      if (error && !isEnd) reject(error);
      else resolve(isEnd || bytesRead === 0 ? null : buffer.subarray(0, bytesRead));
    });
  });
}

function sortKey({ name, attrs }: { readonly name: string; readonly attrs: Stats }): string {
  return attrs.isDirectory() ? `${name}/` : name;
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : null;
}

function isSame(fingerprint: string, key: Buffer): boolean {
  const [given, own] = [fingerprint.replace(/^SHA256:/, "").replace(/=+$/, ""), fingerprintOf(key)];
  return given.length === own.length && timingSafeEqual(Buffer.from(given), Buffer.from(own));
}

function fingerprintOf(key: Buffer): string {
  return createHash("sha256").update(key).digest("base64").replace(/=+$/, "");
}
