// Objects as files on another computer, over SSH's file transfer. A put writes beside, syncs where the server can, and
// renames; a hard link makes a name only if it is free.
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path/posix";
import { randomBytes } from "node:crypto";
import type { SFTPWrapper, Stats } from "ssh2";
import { SkytoolsError } from "../../errors/index.ts";
import { inBlocks, mapInOrder } from "../codec/index.ts";
import { directoryMissing, objectExists, objectMissing, storeFailed, storeStopped } from "./errors.ts";
import { checkName, compareNames, folderOfPrefix, TEMPORARY_SUFFIX } from "./names.ts";
import type { GetOptions, PutOptions, Store, StoreBody, StoredObject } from "./store.ts";
import { hasFingerprint, isKnownHost } from "./known-hosts.ts";
import { type Block, BLOCK_BYTES, blocksOf, readBlock } from "./sftp-blocks.ts";
import { FAILURE, NO_SUCH_FILE, refusalHint, statusOf, UNSUPPORTED, writeHint } from "./sftp-reasons.ts";
import { SftpSession } from "./sftp-session.ts";

export interface SftpOptions {
  readonly host: string;
  readonly port: number;
  /** Null: the name of the user here. */
  readonly user: string | null;
  /** Directory there; relative to the login's home unless it begins with a slash. */
  readonly path: string;
  /** The directory itself is never made: one that is not there is on a disk that is not mounted. Default false. */
  readonly mustExist?: boolean;
  /** Null: the agent, then ~/.ssh/id_ed25519. */
  readonly privateKeyFile: string | null;
  /** `SHA256:…`; null: what known_hosts has. */
  readonly hostKey: string | null;
  /** Socket of the agent. */
  readonly agent: string | null;
  readonly home: string | null;
  /** How long the server may take for one step, as making a large object durable, milliseconds. Default 5 minutes. */
  readonly answerLimitMs?: number;
  /** Aborted when the program is to stop: a server that does not answer within a second is given up then. */
  readonly stop?: AbortSignal | undefined;
}

interface Entry {
  readonly filename: string;
  readonly attrs: Stats;
}

type Removal = (sftp: SFTPWrapper, path: string, done: (error?: Error | null) => void) => void;

const ANSWER_LIMIT_MS = 5 * 60_000;
/** Requests that wait for their answers: over a line with latency, one at a time would mean to wait most of the time. */
const BLOCKS_IN_FLIGHT = 16;
const DELETES_IN_FLIGHT = 16;

export class SftpStore implements Store {
  readonly features = { conditionalCreate: true, rename: true };
  readonly description: string;
  readonly #options: SftpOptions;
  /** As the names of folders in it begin. */
  readonly #root: string;
  #session: Promise<SftpSession> | null = null;
  #connectsLeft = 1;

  constructor(options: SftpOptions) {
    this.#options = options;
    this.#root = dirname(join(options.path, "x"));
    this.description = `sftp://${options.host}:${options.port}/${options.path.replace(/^\//, "")}`;
  }

  /** Makes the directory, as the first use of it. */
  async make(): Promise<void> {
    const session = await this.#open();
    try {
      await this.#makeFolder(session, this.#root, true);
    } catch (error) {
      throw this.#failed("making it", error);
    }
  }

  async put(
    name: string,
    body: StoreBody,
    { ifAbsent = false, signal }: PutOptions = {},
  ): Promise<{ readonly sizeBytes: number }> {
    const path = this.#path(name);
    const temporary = `${path}.${randomBytes(6).toString("hex")}${TEMPORARY_SUFFIX}`;
    const session = await this.#open();
    try {
      await this.#makeFolder(session, dirname(path));
      const sizeBytes = await this.#write(session, temporary, body, signal);
      if (ifAbsent) await this.#makeName(session, temporary, path, name);
      else await session.request((sftp, done) => sftp.ext_openssh_rename(temporary, path, done));
      await this.#syncFolder(session, dirname(path));
      return { sizeBytes };
    } catch (error) {
      const hint = await writeHint(session, this.#root, error);
      throw storeFailed(this.description, `writing ${name}`, error, hint);
    } finally {
      await session.request((sftp, done) => sftp.unlink(temporary, done)).catch(() => undefined);
    }
  }

  async get(name: string, { offset = 0, length }: GetOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const session = await this.#open();
    try {
      const handle = await session.request<Buffer>((sftp, done) => sftp.open(this.#path(name), "r", done));
      return this.#read(session, handle, name, { offset, length: length ?? Infinity });
    } catch (error) {
      if (statusOf(error) !== NO_SUCH_FILE) throw this.#failed(`opening ${name}`, error);
      await this.#confirmAbsence(session);
      throw objectMissing(this.description, name, error);
    }
  }

  async stat(name: string): Promise<StoredObject | null> {
    const session = await this.#open();
    try {
      const found = await session.request<Stats>((sftp, done) => sftp.stat(this.#path(name), done));
      return { name, sizeBytes: found.size, modifiedMs: found.mtime * 1000 };
    } catch (error) {
      if (statusOf(error) !== NO_SUCH_FILE) throw this.#failed(`looking for ${name}`, error);
      await this.#confirmAbsence(session);
      return null;
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for await (const found of this.#listFolder(folderOfPrefix(prefix), prefix)) {
      if (!found.name.endsWith(TEMPORARY_SUFFIX)) yield found;
    }
  }

  async clearTemporary(prefix: string, beforeMs: number): Promise<void> {
    const session = await this.#open();
    for await (const { name, modifiedMs } of this.#listFolder(folderOfPrefix(prefix), prefix)) {
      if (!name.endsWith(TEMPORARY_SUFFIX) || modifiedMs >= beforeMs) continue;
      await this.#unlink(session, [name]);
    }
  }

  async folders(folder: string): Promise<readonly string[]> {
    const entries = await this.#entries(await this.#open(), folder);
    return entries
      .filter(({ attrs }) => attrs.isDirectory())
      .map(({ filename }) => filename)
      .sort(compareNames);
  }

  async delete(names: readonly string[]): Promise<void> {
    const session = await this.#open();
    for (const name of names) checkName(name);
    await this.#unlink(session, names);
  }

  async deleteFolder(folder: string): Promise<void> {
    const session = await this.#open();
    await this.#deleteBelow(session, folder);
    await this.#syncFolder(session, dirname(this.#path(folder)));
  }

  async rename(from: string, to: string): Promise<void> {
    const session = await this.#open();
    try {
      await this.#makeFolder(session, dirname(this.#path(to)));
      await session.request((sftp, done) => sftp.ext_openssh_rename(this.#path(from), this.#path(to), done));
      await this.#syncFolder(session, dirname(this.#path(to)));
    } catch (error) {
      if (statusOf(error) !== NO_SUCH_FILE) throw this.#failed(`renaming ${from}`, error);
      throw objectMissing(this.description, from, error);
    }
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => null);
    this.#session = null;
    session?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #path(name: string): string {
    return join(this.#root, checkName(name));
  }

  #failed(what: string, error: unknown): SkytoolsError {
    return storeFailed(this.description, what, error, refusalHint(error));
  }

  async #write(session: SftpSession, path: string, body: StoreBody, signal: AbortSignal | undefined): Promise<number> {
    const handle = await session.request<Buffer>((sftp, done) => sftp.open(path, "wx", 0o600, done));
    let position = 0;
    const write = async (bytes: Buffer): Promise<number> => {
      signal?.throwIfAborted();
      const at = position;
      position += bytes.length;
      await session.request((sftp, done) => sftp.write(handle, bytes, 0, bytes.length, at, done));
      return bytes.length;
    };
    try {
      let sizeBytes = 0;
      for await (const written of mapInOrder(inBlocks(body, BLOCK_BYTES), BLOCKS_IN_FLIGHT, write))
        sizeBytes += written;
      await this.#sync(session, handle);
      return sizeBytes;
    } finally {
      await session.request((sftp, done) => sftp.close(handle, done));
    }
  }

  /** Servers other than OpenSSH may not know it; then it is as durable as they make it. */
  async #sync(session: SftpSession, handle: Buffer): Promise<void> {
    await session
      .request((sftp, done) => sftp.ext_openssh_fsync(handle, done))
      .catch((error: unknown) => {
        const status = statusOf(error);
        if (status !== null && status !== UNSUPPORTED) throw error;
      });
  }

  /** Makes the names in it durable, where the server opens folders. */
  async #syncFolder(session: SftpSession, folder: string): Promise<void> {
    const handle = await session
      .request<Buffer>((sftp, done) => sftp.open(folder, "r", done))
      .catch((error: unknown) => {
        if (statusOf(error) === null) throw error;
        return null;
      });
    if (handle === null) return;
    await this.#sync(session, handle);
    await session.request((sftp, done) => sftp.close(handle, done));
  }

  /** A link fails when the name is taken; so does a plain rename where links are not known. */
  async #makeName(session: SftpSession, from: string, to: string, name: string): Promise<void> {
    try {
      await session.request((sftp, done) => sftp.ext_openssh_hardlink(from, to, done));
    } catch (failure) {
      if (await this.#isThere(session, to)) throw objectExists(this.description, name, failure);
      await session.request((sftp, done) => sftp.rename(from, to, done));
    }
  }

  async #isThere(session: SftpSession, path: string): Promise<boolean> {
    try {
      await session.request<Stats>((sftp, done) => sftp.stat(path, done));
      return true;
    } catch (error) {
      if (statusOf(error) === NO_SUCH_FILE) return false;
      throw error;
    }
  }

  async *#read(
    session: SftpSession,
    handle: Buffer,
    name: string,
    { offset, length }: Required<GetOptions>,
  ): AsyncGenerator<Uint8Array> {
    try {
      const { size } = await session.request<Stats>((sftp, done) => sftp.fstat(handle, done));
      const blocks = blocksOf(offset, Math.min(size, offset + length));
      const read = (block: Block): Promise<Buffer> => readBlock(session, handle, block);
      yield* mapInOrder(blocks, BLOCKS_IN_FLIGHT, read);
    } catch (error) {
      throw this.#failed(`reading ${name}`, error);
    } finally {
      await session.request((sftp, done) => sftp.close(handle, done)).catch(() => undefined);
    }
  }

  async #deleteBelow(session: SftpSession, folder: string): Promise<void> {
    const [files, folders]: [string[], string[]] = [[], []];
    for (const { filename, attrs } of await this.#entries(session, folder)) {
      (attrs.isDirectory() ? folders : files).push(`${folder}/${filename}`);
    }
    await this.#unlink(session, files);
    for (const name of folders) await this.#deleteBelow(session, name);
    await this.#remove(session, folder, (sftp, path, done) => sftp.rmdir(path, done));
  }

  async #unlink(session: SftpSession, names: readonly string[]): Promise<void> {
    const one = (name: string) => this.#remove(session, name, (sftp, path, done) => sftp.unlink(path, done));
    const removed = mapInOrder(names, DELETES_IN_FLIGHT, one);
    while ((await removed.next()).done !== true);
  }

  /** What is not there counts as deleted. */
  async #remove(session: SftpSession, name: string, how: Removal): Promise<void> {
    try {
      await session.request((sftp, done) => how(sftp, join(this.#root, name), done));
    } catch (error) {
      if (statusOf(error) !== NO_SUCH_FILE) throw this.#failed(`deleting ${name}`, error);
    }
  }

  async *#listFolder(folder: string, prefix: string): AsyncGenerator<StoredObject> {
    const entries = await this.#entries(await this.#open(), folder);
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

  async #entries(session: SftpSession, folder: string): Promise<readonly Entry[]> {
    try {
      return await session.request<Entry[]>((sftp, done) => sftp.readdir(join(this.#root, folder), done));
    } catch (error) {
      if (statusOf(error) !== NO_SUCH_FILE) throw this.#failed(`listing ${folder}`, error);
      await this.#confirmAbsence(session);
      return [];
    }
  }

  async #makeFolder(
    session: SftpSession,
    folder: string,
    isFirstUse = this.#options.mustExist !== true,
  ): Promise<void> {
    if (!isFirstUse && folder === this.#root) {
      await this.#confirmAbsence(session);
      return;
    }
    try {
      await session.request((sftp, done) => sftp.mkdir(folder, { mode: 0o700 }, done));
      await this.#syncFolder(session, dirname(folder));
    } catch (error) {
      // "Failure" is also what comes when it exists.
      if (statusOf(error) === FAILURE && (await this.#isThere(session, folder))) return;
      if (statusOf(error) !== NO_SUCH_FILE || dirname(folder) === folder) throw error;
      await this.#makeFolder(session, dirname(folder), isFirstUse);
      await this.#makeFolder(session, folder, isFirstUse);
    }
  }

  /** On a disk that is not mounted everything is absent. @throws STORE_FAILED */
  async #confirmAbsence(session: SftpSession): Promise<void> {
    if (this.#options.mustExist !== true) return;
    if (!(await this.#isThere(session, this.#root))) throw directoryMissing(`directory ${this.description}`);
  }

  async #open(): Promise<SftpSession> {
    const known = this.#session;
    const session = await known;
    if (session?.isOpen === true) return session;
    // Only the first of several makes a new one.
    if (this.#session === known) {
      // After a stop one more, for the cleaning up; to a server that is gone each would cost a moment.
      if (this.#options.stop?.aborted === true && (this.#connectsLeft -= 1) < 0) throw storeStopped(this.description);
      this.#session = this.#connect().catch((error: unknown) => {
        this.#session = null;
        throw storeFailed(this.description, "connecting", error, connectHint(error));
      });
    }
    return await this.#open();
  }

  async #connect(): Promise<SftpSession> {
    const { host, port, user, hostKey, home, agent, answerLimitMs = ANSWER_LIMIT_MS, stop } = this.#options;
    const { Client } = await import("ssh2").then(
      (module) => module.default,
      () => {
        throw new SkytoolsError("STORE_FAILED", "repositories behind ssh need the package ssh2", {
          hint: "npm install ssh2",
        });
      },
    );
    const privateKey = await this.#privateKey();
    const config = {
      host,
      port,
      username: user ?? userInfo().username,
      ...(privateKey === null ? {} : { privateKey }),
      ...(privateKey === null && agent !== null ? { agent } : {}),
      hostVerifier: (key: Buffer, verify: (isGood: boolean) => void) => {
        const isGood =
          hostKey === null ? isKnownHost(home, host, port, key) : Promise.resolve(hasFingerprint(key, hostKey));
        void isGood.then(verify, () => verify(false));
      },
    };
    return await SftpSession.open(new Client(), config, { answerLimitMs, stop, description: this.description });
  }

  async #privateKey(): Promise<Buffer | null> {
    const { privateKeyFile, home, agent } = this.#options;
    if (privateKeyFile !== null) return await readFile(privateKeyFile);
    if (agent !== null || home === null) return null;
    return await readFile(join(home, ".ssh", "id_ed25519")).catch(() => null);
  }
}

function sortKey({ name, attrs }: { readonly name: string; readonly attrs: Stats }): string {
  return attrs.isDirectory() ? `${name}/` : name;
}

/** What the package calls the part of connecting that failed; undefined where the system's error says enough. */
function connectHint(error: unknown): string | undefined {
  const level = error instanceof Error && "level" in error ? error.level : null;
  if (level === "client-authentication") {
    return "the server takes no key of ours: set sftp_private_key, or add its public half to ~/.ssh/authorized_keys there";
  }
  if (error instanceof Error && error.message.startsWith("Host denied")) {
    return "compare the server's key and add it to ~/.ssh/known_hosts, as `ssh` does, or set sftp_host_key";
  }
  return undefined;
}
