// Puts a store, a layout and a way of coding together.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Coding, MainKey } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import { walCoder } from "./coder.ts";
import { enroll, type Enrolling, readIdentity } from "./identity.ts";
import { type LayoutName, layouts } from "./layout.ts";
import { takeLease } from "./lease.ts";
import type { ClusterFacts, Lease, Repository, RepositoryIdentity } from "./types.ts";
import { StoreWalArchive } from "./wal-archive.ts";

export interface RepositoryOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Default "standard". */
  readonly layout?: LayoutName;
  /** Of new segments. Default: as they are. */
  readonly coding?: Coding;
  /** To read what is encrypted. */
  readonly keys?: readonly MainKey[];
}

/** Closing it closes the store. */
export function openRepository(options: RepositoryOptions): StoreRepository {
  return new StoreRepository(options);
}

export class StoreRepository implements Repository {
  readonly description: string;
  readonly store: Store;
  readonly wal: StoreWalArchive;
  readonly #clock: Clock;
  readonly #keys: Pick<Enrolling, "writesWith" | "keyIds">;
  #hasIdentity = false;

  constructor({ store, clock, layout = "standard", coding = { compression: "none" }, keys = [] }: RepositoryOptions) {
    this.description = store.description;
    this.store = store;
    this.#clock = clock;
    this.#keys = { writesWith: coding.key?.id ?? null, keyIds: keysOf(coding, keys).map(({ id }) => id) };
    this.wal = new StoreWalArchive({ store, clock, layout: layouts[layout], coder: walCoder(coding, keys) });
  }

  identity(): Promise<RepositoryIdentity | null> {
    return readIdentity(this.store);
  }

  /** Makes repo.json at the first use, never again in the same process: what was there and is gone lies on a lost disk. */
  async enroll(facts: ClusterFacts): Promise<RepositoryIdentity> {
    if (this.#hasIdentity && (await this.identity()) === null) {
      throw new SkytoolsError("STORE_FAILED", `the repository in ${this.description} has gone`, {
        hint: "is its disk still mounted?",
      });
    }
    const identity = await enroll(this.store, { ...facts, ...this.#keys }, this.#clock);
    this.#hasIdentity = true;
    return identity;
  }

  lease(name: string, signal?: AbortSignal): Promise<Lease> {
    return takeLease(this.store, name, this.#clock, signal);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function keysOf({ key }: Coding, keys: readonly MainKey[]): readonly MainKey[] {
  return key == null ? keys : [key, ...keys];
}
