// archive-push of `serve` with archive_async_ack = spool: a file that is durable in the spool of walmgr_data is answered for,
// and brought to the repositories behind that. All kinds of files go this way: the server gives them in order, and one that had
// to wait for a repository would hold up all WAL behind it.
import type { MonotonicClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { formatLsn, parseSegmentName, segmentStart } from "../formats/index.ts";
import { type ClusterFacts, checkedSegment, type StoreRepository } from "../repository/index.ts";
import { Shipper, type Spool } from "../spool/index.ts";
import type { StoreBody } from "../store/index.ts";
import { isPushedTo, pushAll, type PushedFile, withPushed } from "./push.ts";

export interface PushSpoolOptions {
  readonly repositories: readonly StoreRepository[];
  /** walmgr_data: it knows the cluster of what is in the spool. */
  readonly local: StoreRepository;
  readonly spool: Spool;
  /** While more would wait, and every repository fails, segments are thrown away. Default 0: never. */
  readonly maxBytes?: number;
  readonly clock: MonotonicClock;
  readonly log: Logger;
}

/** Of gaps, by which a later process knows its own. */
const DROPPED = "archive_queue_max was reached: the server's WAL was thrown away";

/** A repository that does not tell in that time whether it has a file counts as one that cannot tell. */
const PATIENCE_MS = 1_000;
/** A temporary file that is older than so long before the start was not written by this process. */
const OURS_MS = 60_000;

export type PushResult = "stored" | "present" | "dropped";

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
    await this.#shipper.tellGaps(local);
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
   * Durable in the spool, or in all repositories, when it returns; or dropped, and recorded as a gap.
   * @throws WRONG_USE, WAL_INVALID, WAL_DIFFERS, REPOSITORY_FOREIGN, STORE_FAILED
   */
  async push(name: string, path: string): Promise<PushResult> {
    return await withPushed(name, path, async (pushed) => {
      const { local, spool } = this.#options;
      const { facts } = pushed;
      if (facts !== null) this.#learn(await this.#enrolled(local, facts));
      if (await this.#isEverywhere(pushed)) return "present";
      if (pushed.file.kind === "segment" && facts !== null && (await this.#isFull(name, facts))) {
        await this.#drop(name, facts);
        return "dropped";
      }
      const result = await spool.put(name, () => checked(pushed));
      this.#shipper.addFile(name);
      return result;
    });
  }

  async #enrolled(local: StoreRepository, facts: ClusterFacts): Promise<ClusterFacts> {
    await local.enroll(facts);
    return facts;
  }

  /** Small files and what is there already are never dropped. */
  async #isFull(name: string, { segmentBytes }: ClusterFacts): Promise<boolean> {
    const { repositories, spool, maxBytes = 0 } = this.#options;
    if (maxBytes === 0 || !repositories.every((one) => this.#shipper.isFailing(one))) return false;
    return (await spool.state()).bytes + segmentBytes > maxBytes && !(await spool.has(name));
  }

  /**
   * The gap is durable here before the server may throw the segment away. One that follows another makes that longer; the
   * server may ask for one again that was dropped.
   */
  async #drop(name: string, { segmentBytes }: ClusterFacts): Promise<void> {
    const { local, log } = this.#options;
    const { timeline, number } = parseSegmentName(name, segmentBytes);
    const [start, end] = [segmentStart(number, segmentBytes), segmentStart(number + 1n, segmentBytes)];
    const before = (await local.wal.gaps()).find(
      ({ reason, isAcknowledged, startLsn, endLsn, ...gap }) =>
        reason === DROPPED && !isAcknowledged && gap.timeline === timeline && startLsn <= start && start <= endLsn,
    );
    const endLsn = before === undefined || before.endLsn < end ? end : before.endLsn;
    const gap = { timeline, startLsn: before?.startLsn ?? start, endLsn, reason: DROPPED };
    await local.wal.recordGap(gap);
    this.#shipper.addGap(gap);
    log.error(
      { file: name, start: formatLsn(gap.startLsn), end: formatLsn(endLsn) },
      "PITR is broken: no repository takes WAL, archive_queue_max is reached, and a segment was thrown away; make a full backup when they are back",
    );
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
