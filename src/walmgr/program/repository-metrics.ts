// What the repositories have, for Prometheus. They are read at most once a minute, and nobody who asks waits for one that
// does not answer.
import type { MonotonicClock } from "../../clock/index.ts";
import type { Logger, Metrics } from "../../service/index.ts";
import { isDone } from "../backup/index.ts";
import { parseLsn } from "../formats/index.ts";
import { type RepositoryInfo, repositoryInfo } from "../info/index.ts";
import type { Repository } from "../repository/index.ts";

export interface RepositoryMetricsOptions {
  readonly repositories: readonly Repository[];
  readonly clock: MonotonicClock;
  readonly log: Logger;
}

const FRESH_MS = 60_000;
const PATIENCE_MS = 2_000;

export function exportRepositoryMetrics(metrics: Metrics, options: RepositoryMetricsOptions): void {
  const { repositories, clock, log } = options;
  const looks = repositories.map((repository) => new Look(repository, log));
  const gauges = makeGauges(metrics);
  let lookedMs: number | null = null;
  let looking: Promise<unknown> = Promise.resolve();
  metrics.beforeRead(async () => {
    if (lookedMs === null || clock.monotonicMs() - lookedMs >= FRESH_MS) {
      lookedMs = clock.monotonicMs();
      looking = Promise.all(looks.map((look) => look.again()));
    }
    const enough = new AbortController();
    await Promise.race([looking, clock.sleep(PATIENCE_MS, enough.signal)]);
    enough.abort();
    for (const look of looks) set(gauges, look, clock.now());
  });
}

/** What was seen of one repository last. */
class Look {
  readonly repository: string;
  readonly #repository: Repository;
  readonly #log: Logger;
  #isLooking = false;
  info: RepositoryInfo | null = null;
  isReadable = false;
  errors = 0;

  constructor(repository: Repository, log: Logger) {
    this.repository = repository.description;
    this.#repository = repository;
    this.#log = log;
  }

  async again(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      this.info = await repositoryInfo(this.#repository);
      this.isReadable = this.info.problems.length === 0;
    } catch (error) {
      this.isReadable = false;
      this.errors += 1;
      this.#log.warn({ error, repository: this.repository }, "cannot read the repository for its metrics");
    } finally {
      this.#isLooking = false;
    }
  }
}

type Gauges = ReturnType<typeof makeGauges>;

function makeGauges(metrics: Metrics) {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help, labels: ["repository"] });
  const byType = (name: string, help: string) => metrics.gauge({ name, help, labels: ["repository", "type"] });
  return {
    readable: gauge("walmgr_repository_readable", "1 when it could be read at the last look"),
    errors: gauge("walmgr_repository_read_errors", "looks at it that failed since the start"),
    bytes: gauge("walmgr_repository_bytes", "stored bytes of backups and WAL"),
    walBytes: gauge("walmgr_stored_wal_bytes", "stored bytes of complete segments"),
    segments: gauge("walmgr_stored_segments", "complete segments that are stored"),
    gaps: gauge("walmgr_open_gaps", "gaps in the WAL that nobody has acknowledged"),
    reach: gauge("walmgr_reach_lsn_bytes", "how far recovery comes from the newest backup, as a number of bytes"),
    backups: byType("walmgr_backups", "finished backups"),
    age: byType("walmgr_backup_age_seconds", "time since the newest finished backup"),
    size: byType("walmgr_backup_bytes", "stored bytes of the newest finished backup"),
    verified: gauge("walmgr_verify_ok", "1 when the last verify found nothing bad"),
    verifiedAge: gauge("walmgr_verify_age_seconds", "time since the last verify"),
    verifiedLevel: gauge("walmgr_verify_level", "level of the last verify"),
  };
}

function set(gauges: Gauges, { repository, info, isReadable, errors }: Look, nowMs: number): void {
  const labels = { repository };
  gauges.readable.set(labels, isReadable ? 1 : 0);
  gauges.errors.set(labels, errors);
  if (info === null) return;
  const sum = (key: "segments" | "storedBytes") => info.timelines.reduce((total, one) => total + one[key], 0);
  gauges.bytes.set(labels, info.storedBytes);
  gauges.walBytes.set(labels, sum("storedBytes"));
  gauges.segments.set(labels, sum("segments"));
  gauges.gaps.set(labels, info.openGaps);
  if (info.reachLsn !== null) gauges.reach.set(labels, Number(parseLsn(info.reachLsn)));
  setBackups(gauges, labels, info, nowMs);
  if (info.lastVerify === null) return;
  const { findings, finished, level } = info.lastVerify;
  gauges.verified.set(labels, findings.some(({ severity }) => severity === "bad") ? 0 : 1);
  gauges.verifiedAge.set(labels, (nowMs - Date.parse(finished)) / 1000);
  gauges.verifiedLevel.set(labels, level);
}

function setBackups(gauges: Gauges, labels: { repository: string }, info: RepositoryInfo, nowMs: number): void {
  for (const type of ["full", "incremental"] as const) {
    const ofType = info.backups.filter(isDone).filter((backup) => backup.type === type);
    const newest = ofType.at(-1);
    gauges.backups.set({ ...labels, type }, ofType.length);
    if (newest === undefined) {
      gauges.age.remove({ ...labels, type });
      gauges.size.remove({ ...labels, type });
      continue;
    }
    gauges.age.set({ ...labels, type }, (nowMs - newest.finishedMs) / 1000);
    gauges.size.set({ ...labels, type }, newest.storedBytes);
  }
}
