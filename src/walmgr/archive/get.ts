// archive-get: looks for a WAL file in all repositories. "Absent" is said only when every one of them was asked and had an
// answer: to a recovering server it means that the WAL has ended.
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { parseWalFileName, type WalFileName } from "../formats/index.ts";
import type { StoreRepository } from "../repository/index.ts";
import { Spool } from "../spool/index.ts";
import { DirectoryStore, isMissing, type StoreBody } from "../store/index.ts";
import { isPromoting } from "./promotion-mark.ts";

export interface FetcherOptions {
  readonly repositories: readonly StoreRepository[];
  /** Where WAL is received on this computer: what is not in a repository yet. */
  readonly local: StoreRepository;
  /** Directory of `local`; files in its spools count too. */
  readonly localPath: string;
  readonly log: Logger;
}

export interface GetRequest {
  readonly name: string;
  /** Absolute. */
  readonly destination: string;
  /** A begun segment counts where no complete one exists. */
  readonly allowPartial: boolean;
}

export class WalFetcher {
  readonly #options: FetcherOptions;
  readonly #spools: readonly Spool[];

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#spools = Spool.both(new DirectoryStore(options.localPath));
  }

  /** Puts the file to its destination, or says that there is none. @throws WAL_CANNOT_TELL, WRONG_USE, STORE_FAILED */
  async get({ name, destination, allowPartial }: GetRequest): Promise<"found" | "absent"> {
    const file = parseWalFileName(name);
    if (file === null) throw new SkytoolsError("WRONG_USE", `"${name}" is not the name of a WAL file`);
    const failures: unknown[] = [];
    // First: what leaves the spool afterwards is in the repositories.
    if (await this.#fromSpools(name, destination, failures)) return "found";
    if (await this.#fromRepositories(file, destination, failures)) return "found";
    // A complete one may be where nobody answered: then a begun one must not take its place.
    if (
      failures.length === 0 &&
      file.kind === "segment" &&
      (allowPartial || (await isPromoting(this.#options.localPath)))
    ) {
      if (await this.#fromPartials(name, destination, failures)) return "found";
    }
    if (failures.length === 0) return "absent";
    throw new SkytoolsError("WAL_CANNOT_TELL", `${name} was not found, but not all repositories could be asked`, {
      cause: new AggregateError(failures),
    });
  }

  async #fromSpools(name: string, destination: string, failures: unknown[]): Promise<boolean> {
    for (const spool of this.#spools) {
      try {
        if (!(await spool.has(name))) continue;
        await moveInto(destination, (temporary) => copyFile(spool.path(name), temporary));
        return true;
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") failures.push(error); // else it has just gone to the repositories
      }
    }
    return false;
  }

  async #fromRepositories(file: WalFileName, destination: string, failures: unknown[]): Promise<boolean> {
    for (const repository of this.#options.repositories) {
      try {
        await requireRepository(repository);
        const body = await openFile(repository, file);
        if (body === null) continue;
        await writeFile(destination, body);
        return true;
      } catch (error) {
        failures.push(error);
        this.#options.log.warn({ error, repository: repository.description, file: file.name }, "cannot fetch WAL");
      }
    }
    return false;
  }

  async #fromPartials(name: string, destination: string, failures: unknown[]): Promise<boolean> {
    for (const repository of new Set([this.#options.local, ...this.#options.repositories])) {
      try {
        await writeFile(destination, await repository.wal.getPartial(name));
        this.#options.log.info({ file: name, repository: repository.description }, "the begun segment is served");
        return true;
      } catch (error) {
        if (!isMissing(error)) failures.push(error);
      }
    }
    return false;
  }
}

/** A directory that is not mounted, or a bucket of another name, looks like an empty one: it must have its repo.json. */
async function requireRepository(repository: StoreRepository): Promise<void> {
  if ((await repository.identity()) !== null) return;
  throw new SkytoolsError("STORE_FAILED", `${repository.description} holds no repository`, {
    hint: "is it mounted, and is the address right?",
  });
}

async function openFile({ wal }: StoreRepository, file: WalFileName): Promise<StoreBody | null> {
  if (file.kind !== "segment") {
    const bytes = await wal.getOther(file.name);
    return bytes === null ? null : [bytes];
  }
  try {
    return await wal.getSegment(file.name);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The server looks at the size only, so the destination appears when it is whole. */
export async function writeFile(destination: string, body: StoreBody): Promise<void> {
  await moveInto(destination, async (temporary) => {
    const file = await open(temporary, "wx", 0o600);
    try {
      for await (const piece of body) await file.writeFile(piece);
    } finally {
      await file.close();
    }
  });
}

async function moveInto(destination: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${destination}.${randomBytes(4).toString("hex")}.tmp`;
  await mkdir(dirname(destination), { recursive: true });
  try {
    await make(temporary);
    await rename(temporary, destination);
  } finally {
    await rm(temporary, { force: true });
  }
}
