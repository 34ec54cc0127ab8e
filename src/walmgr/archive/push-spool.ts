// archive-push of `serve` with archive_async_ack = spool: a file that is durable in the spool of walmgr_data is answered for,
// and brought to the repositories behind that. All kinds of files go this way: the server gives them in order, and one that had
// to wait for a repository would hold up all WAL behind it.
import type { MonotonicClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { type ClusterFacts, checkedSegment, type StoreRepository } from "../repository/index.ts";
import { Shipper, type Spool } from "../spool/index.ts";
import type { StoreBody } from "../store/index.ts";
import { isPushedTo, pushAll, type PushedFile, withPushed } from "./push.ts";

export interface PushSpoolOptions {
  readonly repositories: readonly StoreRepository[];
  /** walmgr_data: it knows the cluster of what is in the spool. */
  readonly local: StoreRepository;
  readonly spool: Spool;
  readonly clock: MonotonicClock;
  readonly log: Logger;
}

/** A repository that does not tell in that time whether it has a file counts as one that cannot tell. */
const PATIENCE_MS = 1_000;
/** A temporary file that is older than so long before the start was not written by this process. */
const OURS_MS = 60_000;

/** One process at a time works with a spool; `serve` has its socket for that. */
export class PushSpool {
  readonly #options: PushSpoolOptions;
  readonly #shipper: Shipper;
  readonly #fatal = new AbortController();
  readonly #known: Promise<ClusterFacts>;
  readonly #startedMs: number;
  #learn: (facts: ClusterFacts) => void = () => undefined;

  constructor(options: PushSpoolOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    const onFatal = (error: SkytoolsError): void => this.#fatal.abort(error);
    this.#shipper = new Shipper({ ...options, onFatal });
    this.#known = new Promise((resolve) => (this.#learn = resolve));
  }

  /** Attempts to store a file in a repository that failed; each was or will be made again. */
  get storeErrors(): number {
    return this.#shipper.errors;
  }

  /** Takes over what an earlier process has left. */
  async begin(): Promise<void> {
    const { local, spool } = this.#options;
    await spool.clearTemporary(this.#startedMs - OURS_MS);
    for (const name of await spool.names()) this.#shipper.addFile(name);
    const identity = await local.identity();
    if (identity !== null) this.#learn({ ...identity, major: Math.max(...identity.majors) });
  }

  /** Brings files to the repositories until the signal. @throws WAL_DIFFERS, WAL_INVALID, REPOSITORY_FOREIGN */
  async run(signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.#fatal.signal]);
    const facts = await Promise.race([this.#known, aborted(stop)]);
    if (facts !== null) await this.#shipper.run(facts, stop);
    await aborted(stop);
    if (!signal.aborted) throw this.#fatal.signal.reason as Error;
  }

  /**
   * Durable in the spool, or in all repositories, when it returns.
   * @throws WRONG_USE, WAL_INVALID, WAL_DIFFERS, REPOSITORY_FOREIGN, STORE_FAILED
   */
  async push(name: string, path: string): Promise<"stored" | "present"> {
    return await withPushed(name, path, async (pushed) => {
      const { local, spool } = this.#options;
      if (pushed.facts !== null) this.#learn(await this.#enrolled(local, pushed.facts));
      if (await this.#isEverywhere(pushed)) return "present";
      const result = await spool.put(name, () => checked(pushed));
      this.#shipper.addFile(name);
      return result;
    });
  }

  async #enrolled(local: StoreRepository, facts: ClusterFacts): Promise<ClusterFacts> {
    await local.enroll(facts);
    return facts;
  }

  /** What a repository refuses is refused while the server still has it; one that is away is asked later. */
  async #isEverywhere(pushed: PushedFile): Promise<boolean> {
    const answers = await Promise.all(this.#options.repositories.map((one) => this.#hasIt(one, pushed)));
    return answers.every((answer) => answer);
  }

  async #hasIt(repository: StoreRepository, pushed: PushedFile): Promise<boolean> {
    if (this.#shipper.isFailing(repository)) return false;
    const enough = new AbortController();
    const patience = this.#options.clock.sleep(PATIENCE_MS, enough.signal).then(() => false);
    try {
      return await Promise.race([isPushedTo(repository, pushed), patience]);
    } catch (error) {
      if (error instanceof SkytoolsError && error.code !== "STORE_FAILED") throw error;
      this.#options.log.debug({ error, repository: repository.description }, "cannot tell whether it has a file");
      return false;
    } finally {
      enough.abort();
    }
  }
}

/** The synchronous way beside a spool: what waits there must not be stored with other bytes. @throws as pushFile */
export async function pushPast(
  spool: Spool,
  repositories: readonly StoreRepository[],
  { name, path }: { readonly name: string; readonly path: string },
): Promise<"stored" | "present"> {
  return await withPushed(name, path, async (pushed) => {
    await spool.compare(name, pushed.body());
    return await pushAll(repositories, pushed);
  });
}

function checked({ file, facts, body }: PushedFile): StoreBody {
  return file.kind === "segment" && facts !== null ? checkedSegment(file.name, body(), facts) : body();
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}
