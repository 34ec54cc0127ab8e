// Sessions of the worker's background work (copies, foreign keys): they live and die apart from those of the replay.
import { getQueueLocations } from "../../cascade/index.ts";
import { systemClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { connect, type Connection, DEFAULT_SILENCE_LIMIT_MS } from "../../postgres/index.ts";
import { type Service, withExtra } from "../../service/index.ts";
import type { SyncConnections } from "../sync/index.ts";
import type { LondisteWorkerValues } from "./options.ts";

/** A copy opens a dozen sessions on its source within a moment. */
const LOCATIONS_KEPT_MS = 2_000;

export class WorkerSessions implements SyncConnections {
  readonly #service: Service<LondisteWorkerValues>;
  readonly #queue: string;
  /** Locations by node. */
  #members = new Map<string, string>();
  #readMs = -Infinity;

  constructor(service: Service<LondisteWorkerValues>, queue: string) {
    this.#service = service;
    this.#queue = queue;
  }

  async target(purpose: string, signal: AbortSignal): Promise<Connection> {
    const { db } = this.#service.options;
    if (db === null) throw new SkytoolsError("WRONG_USE", "db is not set");
    return await this.#open(db, "db", purpose, signal);
  }

  async node(name: string, purpose: string, signal: AbortSignal): Promise<Connection> {
    const location = await this.#location(name, signal);
    if (location === null) {
      throw new SkytoolsError("NODE_REFUSED", `node ${name} is not a member of queue ${this.#queue}`);
    }
    return await this.#open(location, "remote", purpose, signal);
  }

  async #location(name: string, signal: AbortSignal): Promise<string | null> {
    const isFresh = systemClock.monotonicMs() - this.#readMs < LOCATIONS_KEPT_MS;
    if (!isFresh || !this.#members.has(name)) {
      await using db = await this.target("locations", signal);
      const members = await getQueueLocations(db, this.#queue);
      this.#members = new Map(members.map((member) => [member.name, member.location]));
      this.#readMs = systemClock.monotonicMs();
    }
    return this.#members.get(name) ?? null;
  }

  async #open(connstr: string, profile: string, purpose: string, signal: AbortSignal): Promise<Connection> {
    const { env, log, jobName, config } = this.#service;
    const target = withExtra({ connstr, extra: config.maybe(`${profile}_extra_connstr`) ?? "" });
    const applicationName = `${jobName}: ${purpose}`;
    // Whatever is cut short here is done again at the next start; a lock may be held for hours.
    return await connect(target, {
      ...{ env, log, applicationName, signal, stopping: signal, silenceLimitMs: DEFAULT_SILENCE_LIMIT_MS },
    });
  }
}
