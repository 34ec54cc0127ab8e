// Gives complete segments and small files to the repositories, each in its own pace: one that cannot be reached does not
// hold up the others, nor the receiving. A file leaves the spool when all have it.
import { readFile } from "node:fs/promises";
import type { Clock } from "../../clock/index.ts";
import { backoffMs } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { isSegmentName } from "../formats/index.ts";
import type { ClusterFacts, StoreRepository } from "../repository/index.ts";
import type { Spool } from "./spool.ts";

export interface ShipperOptions {
  readonly spool: Spool;
  readonly repositories: readonly StoreRepository[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Told when a repository refuses what is wrong with the WAL itself: nothing would help. */
  readonly onFatal: (error: SkytoolsError) => void;
}

type Job =
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "history"; readonly timeline: number; readonly text: string }
  | { readonly kind: "gap"; readonly gap: FoundGap };

export type FoundGap = Parameters<StoreRepository["wal"]["recordGap"]>[0];

const FATAL = ["WAL_DIFFERS", "WAL_INVALID", "REPOSITORY_FOREIGN"];
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
/** In a row: whoever waits for the end has waited some seconds then. */
const MANY_FAILURES = 5;

export class Shipper {
  readonly #options: ShipperOptions;
  readonly #lanes: readonly Lane[];
  readonly #missing = new Map<string, number>();

  constructor(options: ShipperOptions) {
    this.#options = options;
    this.#lanes = options.repositories.map((repository) => new Lane(repository, options, (job) => this.#done(job)));
  }

  /** Files that some repository does not have yet. */
  get waitingFiles(): number {
    return this.#missing.size;
  }

  /** Attempts that failed. */
  get errors(): number {
    return this.#lanes.reduce((sum, { errors }) => sum + errors, 0);
  }

  /** Runs until the signal; what was left in the spool before comes first. */
  async run(facts: ClusterFacts, signal: AbortSignal): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.run(facts, signal)));
  }

  /** Whether its last attempt failed. */
  isFailing(repository: StoreRepository): boolean {
    return this.#lanes.some((lane) => lane.repository === repository && lane.failures > 0);
  }

  /** One that is in the spool. */
  addFile(name: string): void {
    if (this.#missing.has(name)) return;
    this.#missing.set(name, this.#lanes.length);
    this.#add({ kind: "file", name });
  }

  addHistory(timeline: number, text: string): void {
    this.#add({ kind: "history", timeline, text });
  }

  /** Goes before the files that wait; one that has grown replaces itself. */
  addGap(gap: FoundGap): void {
    for (const lane of this.#lanes) lane.addGap(gap);
  }

  /** Those that nobody has seen yet: a repository may have been away when they were found. */
  async tellGaps(local: StoreRepository): Promise<void> {
    try {
      for (const gap of await local.wal.gaps()) if (!gap.isAcknowledged) this.addGap(gap);
    } catch (error) {
      this.#options.log.error({ error }, "cannot tell which gaps were found before");
    }
  }

  /** Resolves when all that was added is stored everywhere. @throws where a repository cannot, when the others have it */
  async idle(signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(this.#lanes.map((lane) => lane.idle(signal)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  #add(job: Job): void {
    for (const lane of this.#lanes) lane.add(job);
  }

  async #done(job: Job): Promise<void> {
    if (job.kind !== "file") return;
    const left = (this.#missing.get(job.name) ?? 1) - 1;
    if (left > 0) return void this.#missing.set(job.name, left);
    // In this order: one that is put there again when it has just gone must be added again too.
    this.#missing.delete(job.name);
    await this.#options.spool.remove(job.name);
  }
}

/** The queue of one repository. */
class Lane {
  readonly repository: StoreRepository;
  readonly #options: ShipperOptions;
  readonly #done: (job: Job) => Promise<void>;
  readonly #jobs: Job[] = [];
  errors = 0;
  /** In a row. */
  failures = 0;
  #wake = (): void => undefined;
  #idlers: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(repository: StoreRepository, options: ShipperOptions, done: (job: Job) => Promise<void>) {
    this.repository = repository;
    this.#options = options;
    this.#done = done;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    this.#wake();
  }

  /** The first job may be at work. */
  addGap(gap: FoundGap): void {
    const same = this.#jobs.findIndex((job, i) => i > 0 && job.kind === "gap" && isSameGap(job.gap, gap));
    if (same > 0) this.#jobs.splice(same, 1, { kind: "gap", gap });
    else this.#jobs.splice(1, 0, { kind: "gap", gap });
    this.#wake();
  }

  async idle(signal: AbortSignal): Promise<void> {
    if (this.#jobs.length === 0 || signal.aborted) return;
    await new Promise<void>((resolve, reject) => {
      this.#idlers.push({ resolve, reject });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  async run(facts: ClusterFacts, signal: AbortSignal): Promise<void> {
    const { clock, log, onFatal } = this.#options;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const job = this.#jobs[0];
      if (job === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      try {
        await this.repository.enroll(facts); // each time: its disk may be unmounted meanwhile
        await this.#ship(job);
        await this.#done(job);
        this.#jobs.shift();
        this.failures = 0;
        if (this.#jobs.length === 0) this.#idlers.splice(0).forEach(({ resolve }) => resolve());
      } catch (error) {
        if (error instanceof SkytoolsError && FATAL.includes(error.code)) {
          onFatal(error);
          return;
        }
        this.failures += 1;
        this.errors += 1;
        const pauseMs = backoffMs(FIRST_PAUSE_MS, this.failures, clock.random(), LONGEST_PAUSE_MS);
        log.warn({ repository: this.repository.description, waiting: this.#jobs.length, error }, "cannot store WAL");
        if (this.failures >= MANY_FAILURES) this.#idlers.splice(0).forEach(({ reject }) => reject(error));
        await clock.sleep(pauseMs, signal);
      }
    }
  }

  async #ship(job: Job): Promise<void> {
    const { wal } = this.repository;
    if (job.kind === "history") await wal.putHistory(job.timeline, job.text);
    else if (job.kind === "gap") await this.#shipGap(job.gap);
    else await this.#shipFile(job.name);
  }

  async #shipFile(name: string): Promise<void> {
    const { wal, description } = this.repository;
    const { spool, log } = this.#options;
    const path = spool.path(name);
    try {
      if (isSegmentName(name)) await wal.adoptSegment(name, path);
      else await wal.putOther(name, await readFile(path));
    } catch (error) {
      if (await spool.has(name)) throw error;
      log.error({ file: name, repository: description }, "somebody took a file from the spool that was not stored yet");
    }
  }

  /** A list of gaps that cannot be read, as `check` says, holds up no WAL. */
  async #shipGap(gap: FoundGap): Promise<void> {
    const { wal, description } = this.repository;
    try {
      await wal.recordGap(gap);
    } catch (error) {
      if (!(error instanceof SkytoolsError) || error.code !== "REPOSITORY_DAMAGED") throw error;
      this.#options.log.error({ error, repository: description }, "cannot record the gap");
    }
  }
}

function isSameGap(a: FoundGap, b: FoundGap): boolean {
  return a.timeline === b.timeline && a.startLsn === b.startLsn;
}
