// The WAL receiver: connects, finds where to go on, streams, follows timelines, and comes back after every failure until
// it is stopped. What it tells the server to be flushed is durable here; what is missing is recorded as a gap.
import { backoffMs, type MonotonicClock } from "../../clock/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { formatLsn, type PostgresError, type ReplicationConnection, type WalStream } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { forkOf, type HistoryEntry, type Lsn, parseHistory } from "../formats/index.ts";
import type { ClusterFacts, Layout, StoreRepository } from "../repository/index.ts";
import { type FoundGap, Shipper } from "../spool/index.ts";
import type { DirectoryStore } from "../store/index.ts";
import { bridgeGap } from "./bridge-gap.ts";
import { fetchHistories } from "./histories.ts";
import { ReceiveArea, type WalPosition } from "./receive-area.ts";
import { askServer, type OpenReplication, type ServerFacts } from "./server.ts";
import { isDiskTrouble } from "./disk-trouble.ts";
import { ensureSlot, isSlotLost, isWalRemoved, renewSlot } from "./slot.ts";
import { roundDown, startPosition } from "./start-position.ts";
import { storedPosition } from "./stored-position.ts";
import { streamWal } from "./stream.ts";
import { WalWriter } from "./wal-writer.ts";

export interface ReceiverOptions {
  /** Connects to the server that has the newest WAL; tries all hosts of its connection string. */
  readonly connect: OpenReplication;
  /** Each of those hosts by itself, for when the one that was chosen is an old primary that came back. */
  readonly hosts?: readonly OpenReplication[];
  /** Where else missing WAL may be found: standbys. */
  readonly sources?: readonly OpenReplication[];
  /** The local directory, as a repository and as a store. It need not be one of `repositories`. */
  readonly local: StoreRepository;
  readonly localStore: DirectoryStore;
  readonly layout: Layout;
  readonly repositories: readonly StoreRepository[];
  /** Null: none, and the server may throw away what was not received yet. */
  readonly slot: string | null;
  readonly isSynchronous: boolean;
  readonly reportsApplied?: boolean;
  /** Default 10 s. */
  readonly statusIntervalMs?: number;
  /** Default 5 s. */
  readonly flushIntervalMs?: number;
  /** A server that is silent for so long is taken for dead. Default 60 s. */
  readonly timeoutMs?: number;
  readonly clock: MonotonicClock;
  readonly log: Logger;
}

export interface ReceiverState {
  isConnected: boolean;
  timeline: number;
  writtenLsn: Lsn;
  flushedLsn: Lsn;
  /** End of the server's WAL as far as it told. */
  serverLsn: Lsn;
  /** Monotonic milliseconds; null: never. */
  receivedMs: number | null;
  segments: number;
  gaps: number;
  failures: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 60_000;
const FATAL = [
  ...["REPOSITORY_FOREIGN", "REPOSITORY_DAMAGED", "ENCRYPTION_KEY"],
  ...["WAL_DIFFERS", "WAL_INVALID", "LEASE_HELD"],
];

export class Receiver {
  readonly state: ReceiverState = {
    isConnected: false,
    timeline: 0,
    writtenLsn: 0n,
    flushedLsn: 0n,
    serverLsn: 0n,
    receivedMs: null,
    segments: 0,
    gaps: 0,
    failures: 0,
  };
  readonly #options: ReceiverOptions;
  readonly #area: ReceiveArea;
  readonly #shipper: Shipper;
  readonly #fatal = new AbortController();
  #hadLease = false;
  #position: WalPosition | null = null;
  #partialLsn: Lsn = 0n;
  #shipping: Promise<void> | null = null;
  #stopShipping: () => void = () => undefined;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    const { local, localStore, layout, repositories, clock, log } = options;
    this.#area = new ReceiveArea(local, localStore, layout);
    const onFatal = (error: SkytoolsError): void => this.#fatal.abort(error);
    this.#shipper = new Shipper({ spool: this.#area.spool, repositories, clock, log, onFatal });
  }

  /** Complete segments that a repository does not have yet. */
  get waitingSegments(): number {
    return this.#shipper.waitingFiles;
  }

  /** Attempts to store WAL in a repository that failed; each was or will be made again. */
  get storeErrors(): number {
    return this.#shipper.errors;
  }

  /**
   * Receives until the signal is aborted; then what was received is durable.
   * @throws LEASE_HELD, REPOSITORY_FOREIGN, WAL_DIFFERS, WAL_INVALID
   */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#withLease(signal, async (inner) => {
          failures = 0;
          await this.#sessions(inner);
        });
        return;
      } catch (error) {
        // On a full disk a lease cannot be renewed, nor be taken again until there is room.
        if (!this.#hadLease || isFatal(error)) throw error;
        await this.#pause(error, failures + 1, signal);
        if (isAborted(signal)) return;
      }
    }
  }

  async #sessions(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#session(signal, null);
        failures = 0;
      } catch (error) {
        if (isFatal(error)) throw error;
        if (isAborted(signal)) break;
        failures = this.state.isConnected && !isDiskTrouble(error) ? 1 : failures + 1;
        await this.#pause(error, failures, signal);
      } finally {
        this.state.isConnected = false;
      }
    }
  }

  async #pause(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.state.failures += 1;
    log.warn({ error }, "the WAL stream was interrupted; connecting again");
    await clock.sleep(backoffMs(FIRST_PAUSE_MS, failures, clock.random(), LONGEST_PAUSE_MS), signal);
  }

  /** One pass: receives what the server has now, stores it, and ends. @throws also what ends a session */
  async sync(signal: AbortSignal): Promise<void> {
    await this.#withLease(signal, async (inner) => {
      await this.#session(inner, "now");
      await this.#shipper.idle(inner);
    });
  }

  async #withLease(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await using lease = await this.#options.local.lease("receive", signal);
    this.#hadLease = true;
    this.#position = null; // somebody else may have received here
    try {
      await this.#shipRest();
      await work(AbortSignal.any([signal, lease.lost, this.#fatal.signal]));
    } finally {
      this.#stopShipping();
      await this.#shipping;
      this.#shipping = null;
    }
    const reason: unknown = this.#fatal.signal.aborted ? this.#fatal.signal.reason : lease.lost.reason;
    if (reason instanceof Error && !signal.aborted) throw reason;
  }

  async #session(signal: AbortSignal, until: "now" | null): Promise<void> {
    const { connect, hosts = [], log } = this.#options;
    try {
      await this.#sessionWith(connect, signal, until);
    } catch (refusal) {
      if (!isRefused(refusal) || hosts.length < 2) throw refusal;
      log.warn({ error: refusal }, "the server is not the one to receive from; trying each host");
      for (const host of hosts) {
        try {
          await this.#sessionWith(host, signal, until);
          return;
        } catch (error) {
          if (this.state.isConnected || isFatal(error)) throw error;
          log.debug({ error }, "nor is this one");
        }
      }
      throw refusal;
    }
  }

  async #sessionWith(connect: OpenReplication, signal: AbortSignal, until: "now" | null): Promise<void> {
    await using connection = await connect(signal);
    connection.answerLimitMs = this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const server = await askServer(connection);
    await this.#options.local.enroll(server);
    await this.#ship(server);
    const history = await this.#histories(connection, server.timeline);
    const limit = until === "now" ? server.flushLsn : null;
    await this.#stream(connection, server, history, limit, signal);
  }

  /** What a run before has left in the spool goes its way, whether there is a server or not. */
  async #shipRest(): Promise<void> {
    const identity = await this.#options.local.identity();
    if (identity === null) return;
    const { systemId, segmentBytes, majors } = identity;
    await this.#ship({ systemId, segmentBytes, major: Math.max(...majors) });
  }

  async #ship(facts: ClusterFacts): Promise<void> {
    if (this.#shipping !== null) return;
    const stop = new AbortController();
    this.#stopShipping = () => stop.abort();
    for (const name of await this.#area.spool.segments()) this.#shipper.addFile(name);
    // A run before may have ended when they were only here.
    const { wal } = this.#options.local;
    for (const timeline of await wal.histories()) {
      const text = await wal.history(timeline);
      if (text !== null) this.#shipper.addHistory(timeline, text);
    }
    await this.#shipper.tellGaps(this.#options.local);
    this.#shipping = this.#shipper.run(facts, stop.signal);
  }

  async #histories(connection: ReplicationConnection, timeline: number): Promise<readonly HistoryEntry[]> {
    return await fetchHistories(connection, timeline, async (one, text) => {
      if ((await this.#options.local.wal.putHistory(one, text)) === "stored") this.#shipper.addHistory(one, text);
    });
  }

  async #stream(
    connection: ReplicationConnection,
    server: ServerFacts,
    history: readonly HistoryEntry[],
    until: Lsn | null,
    signal: AbortSignal,
  ): Promise<void> {
    let start = await this.#start(connection, server, history);
    for (;;) {
      this.#options.log.info({ timeline: start.timeline, lsn: formatLsn(start.lsn) }, "receiving WAL");
      const end = await this.#streamFrom(connection, server, start, until, signal);
      if (end === null) return;
      await this.#histories(connection, end.timeline);
      start = end;
      this.#position = end;
      this.#partialLsn = end.lsn;
      await this.#area.savePosition(end);
    }
  }

  /** Null: stopped, or all is here. Else where the next timeline begins. */
  async #streamFrom(
    connection: ReplicationConnection,
    server: ServerFacts,
    start: WalPosition,
    until: Lsn | null,
    signal: AbortSignal,
  ): Promise<WalPosition | null> {
    const { slot, isSynchronous, reportsApplied = false, clock } = this.#options;
    const { statusIntervalMs = 10_000, flushIntervalMs = 5_000, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    const writer = this.#writer(server);
    const onProgress = (stream: WalStream): void => this.#progress(writer, stream);
    let removed: PostgresError;
    try {
      const common = { connection, writer, slot, isSynchronous, reportsApplied, clock, signal, onProgress };
      const intervals = { statusIntervalMs, flushIntervalMs, timeoutMs };
      const ended = await streamWal({ ...common, ...intervals, start, until });
      if (ended.kind !== "timeline") return null;
      const { nextTimeline, nextStartLsn } = ended.end;
      this.#options.log.info({ timeline: nextTimeline, lsn: formatLsn(nextStartLsn) }, "the timeline has ended");
      return { timeline: nextTimeline, lsn: roundDown(nextStartLsn, server.segmentBytes) };
    } catch (error) {
      // Its WAL may still be there: the next session asks for it.
      if (slot !== null && isSlotLost(error, connection, slot)) await renewSlot(connection, slot);
      if (!isWalRemoved(error)) throw error;
      removed = error;
    } finally {
      await writer.close();
      if (writer.timeline !== 0) {
        this.#remember(writer, server.segmentBytes);
        this.#noteWritten(writer);
      }
    }
    // Behind what came until then, which is remembered before: else the next session would ask for the same WAL again.
    const missing = writer.timeline === 0 ? start : (this.#position ?? start);
    await this.#bridge(connection, server, missing, signal, removed);
    throw removed;
  }

  #writer(server: ServerFacts): WalWriter {
    return new WalWriter({
      area: this.#area,
      expected: { systemId: server.systemId, segmentBytes: server.segmentBytes, major: server.major },
      isSynchronous: this.#options.isSynchronous,
      onSegment: (name) => {
        this.state.segments += 1;
        this.#shipper.addFile(name);
      },
    });
  }

  async #start(
    connection: ReplicationConnection,
    server: ServerFacts,
    history: readonly HistoryEntry[],
  ): Promise<WalPosition> {
    const { slot, local, repositories, hosts = [], log } = this.#options;
    const state = slot === null ? null : await ensureSlot(connection, slot);
    const kept = state?.restart ?? null;
    if (this.#position === null) {
      const stored = await storedPosition({ area: this.#area, local, repositories }, server.segmentBytes, kept);
      this.#position = stored?.position ?? null;
      this.#partialLsn = stored?.partialLsn ?? 0n;
    }
    const here = { timeline: server.timeline, lsn: server.flushLsn };
    const stored = this.#position;
    const storedHistory = stored === null ? [] : parseHistory((await local.wal.history(stored.timeline)) ?? "");
    const start = startPosition({
      stored,
      storedHistory,
      followsSiblings: hosts.length < 2,
      partialLsn: this.#partialLsn,
      timeline: server.timeline,
      history,
      oldest: kept ?? here,
      segmentBytes: server.segmentBytes,
    });
    if (stored !== null && stored.timeline !== server.timeline && forkOf(history, stored.timeline) === null) {
      const text = "the server does not descend from what was received before: it was recovered to an earlier moment";
      log.warn({ before: stored.timeline, timeline: server.timeline }, text);
    }
    return start;
  }

  /** The server has thrown away what comes next: look elsewhere, else record the gap and go on behind it. */
  async #bridge(
    connection: ReplicationConnection,
    server: ServerFacts,
    missing: WalPosition,
    signal: AbortSignal,
    cause: unknown,
  ): Promise<void> {
    const { repositories, sources = [], slot, clock, log } = this.#options;
    const writer = (): WalWriter => this.#writer(server);
    const next = await bridgeGap({
      ...{ missing, server, connection, slot, repositories, sources, writer, signal, clock, log },
      reason: reasonOf(cause),
      onGap: (gap) => this.#recordGap(gap),
    });
    this.#position = next;
    this.#partialLsn = next.lsn;
  }

  async #recordGap(gap: FoundGap): Promise<void> {
    const { local, log } = this.#options;
    this.state.gaps += 1;
    // Here first: a repository that cannot be reached hears of it later.
    await local.wal.recordGap(gap).catch((error: unknown) => log.error({ error }, "cannot record the gap"));
    this.#shipper.addGap(gap);
  }

  /** Where the next session goes on: at the start of the segment that was begun. */
  #remember({ timeline, writtenLsn }: WalWriter, segmentBytes: number): void {
    this.#position = { timeline, lsn: roundDown(writtenLsn, segmentBytes) };
    this.#partialLsn = writtenLsn;
  }

  #progress(writer: WalWriter, { serverLsn }: WalStream): void {
    const { state } = this;
    state.isConnected = true;
    this.#noteWritten(writer);
    state.serverLsn = serverLsn > writer.writtenLsn ? serverLsn : writer.writtenLsn;
    state.receivedMs = this.#options.clock.monotonicMs();
  }

  #noteWritten({ timeline, writtenLsn, flushedLsn }: WalWriter): void {
    Object.assign(this.state, { timeline, writtenLsn, flushedLsn });
  }
}

/** The compiler does not know that it changes while we wait. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function isFatal(error: unknown): boolean {
  return error instanceof SkytoolsError && FATAL.includes(error.code);
}

function isRefused(error: unknown): boolean {
  return error instanceof SkytoolsError && error.code === "SAFETY_REFUSED";
}
