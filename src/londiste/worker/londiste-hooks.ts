// What Londiste does on a node, as the hooks of the node's worker. Source: spec of londiste, 6.2 and 6.5.
import type { BatchHooks, BatchLimits, WorkerBatch, WorkerHooks, WorkerNode } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Service } from "../../service/index.ts";
import { type ConflictPolicy, conflictPolicies, TableStructures } from "../apply/index.ts";
import type { HandlerRegistry, TableHandler } from "../handler/index.ts";
import { checkRootSequences, enterReplicaMode } from "../sql-calls/index.ts";
import { speakInFull, type TableSync } from "../sync/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import { localOnlyCondition } from "./local-only.ts";
import type { ReplayMetrics } from "./metrics.ts";
import type { LondisteWorkerValues } from "./options.ts";
import { Replay } from "./replay.ts";

export interface LondisteHooksParts {
  readonly service: Service<LondisteWorkerValues>;
  readonly handlers: HandlerRegistry;
  readonly metrics: ReplayMetrics;
  /** The tables of the node; made when the node's name is known, and anew after it stopped reading for a while. */
  readonly openSync: (node: WorkerNode) => TableSync;
  /** A session on this node beside that of the replay. */
  readonly openSession: () => Promise<Connection>;
}

export class LondisteHooks implements WorkerHooks {
  readonly sparesTarget = true;
  readonly systemPrefixes = ["londiste."];
  readonly uncombinedPrefixes = ["londiste."];
  readonly #parts: LondisteHooksParts;
  readonly #structures = new WeakMap<Connection, TableStructures>();
  readonly #handlers = new WeakMap<TableInfo, TableHandler>();
  #sync: TableSync | null = null;
  #hasToldMode = false;

  constructor(parts: LondisteHooksParts) {
    this.#parts = parts;
  }

  /** Null while the node applies no events. */
  get sync(): TableSync | null {
    return this.#sync;
  }

  async prepareTarget(target: Connection): Promise<void> {
    const mode = await enterReplicaMode(target);
    if (mode === "setting" && !this.#hasToldMode) {
      this.#parts.service.log.info(
        {},
        "session_replication_role cannot be set: triggers and foreign keys of the tables are put away while they are replayed into",
      );
    }
    this.#hasToldMode = true;
  }

  async onNode(node: WorkerNode, target: Connection): Promise<void> {
    const { service, openSync } = this.#parts;
    const { duties, provider, completedTick } = node;
    if (service.options.localOnly && duties.copiesTo !== null) {
      throw new SkytoolsError("WRONG_USE", `local_only is not possible on node ${node.name}: it passes events on`, {
        hint: "the nodes that read them would lose the events of tables that are not local here",
      });
    }
    if (duties.appliesEvents) {
      this.#sync ??= openSync(node);
      await this.#sync.refresh(target, { provider, completedTick: completedTick ?? 0n });
    } else {
      await this.close();
    }
  }

  limits(): Partial<BatchLimits> {
    return { stopAt: this.#sync?.batchLimit ?? null };
  }

  beforeBatch({ tickId }: WorkerBatch): Promise<boolean> {
    return Promise.resolve(this.#sync?.willProcess(tickId) ?? true);
  }

  reading(): ReturnType<NonNullable<WorkerHooks["reading"]>> {
    const sync = this.#sync;
    return sync === null ? null : { statement: sync.versionStatement, isKnown: (result) => sync.knows(result) };
  }

  openBatch(batch: WorkerBatch): BatchHooks {
    const { service, metrics, openSession } = this.#parts;
    const { options } = service;
    const sync = this.#sync;
    const where =
      options.localOnly && sync !== null
        ? localOnlyCondition(sync.tables, { dropsExecute: options.localOnlyDropExecute })
        : null;
    return new Replay(batch, {
      ...{ sync, where, openSession, structures: this.#structuresOf(batch.target) },
      handlerOf: (table) => this.#handlerOf(table),
      conflict: conflictPolicy(options.conflictPolicy),
      register: {
        tables: { only: options.registerOnlyTables, skip: options.registerSkipTables },
        sequences: { only: options.registerOnlySeqs, skip: options.registerSkipSeqs },
      },
      applied: (stats) => metrics.applied(stats),
      conflicted: (conflict) => metrics.conflict(conflict),
    });
  }

  async rootPass({ queue }: WorkerNode, target: Connection): Promise<void> {
    const { log, signal } = this.#parts.service;
    await checkRootSequences(target, log, queue);
    await speakInFull(target, { queue, log, signal });
  }

  statistics(): Readonly<Record<string, number>> {
    const ignored = this.#parts.metrics.takeIgnored();
    return ignored === 0 ? {} : { ignored_events: ignored };
  }

  /** Ends the copies; they go on at the next start. */
  async close(): Promise<void> {
    const sync = this.#sync;
    this.#sync = null;
    await sync?.close();
  }

  #structuresOf(target: Connection): TableStructures {
    const structures = this.#structures.get(target) ?? new TableStructures(target);
    this.#structures.set(target, structures);
    return structures;
  }

  #handlerOf(table: TableInfo): TableHandler {
    const { name, dest, attributes } = table;
    const known = this.#handlers.get(table);
    if (known !== undefined) return known;
    const opened = this.#parts.handlers.open({ table: name, dest, handler: attributes.handler });
    this.#handlers.set(table, opened);
    return opened;
  }
}

export function conflictPolicy(text: string): ConflictPolicy {
  return conflictPolicies.find((policy) => policy === text) ?? "error";
}
