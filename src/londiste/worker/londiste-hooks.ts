// What Londiste does on a node, as the hooks of the node's worker. Source: spec of londiste, 6.2 and 6.5.
import type { BatchHooks, BatchLimits, WorkerBatch, WorkerHooks, WorkerNode } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Service } from "../../service/index.ts";
import { type ConflictPolicy, conflictPolicies, TableStructures } from "../apply/index.ts";
import type { HandlerRegistry, TableHandler } from "../handler/index.ts";
import { checkRootSequences, enterReplicaMode } from "../sql-calls/index.ts";
import type { TableSyncFace } from "../sync/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import type { FkeyKeeper } from "./fkey-keeper.ts";
import { localOnlyCondition } from "./local-only.ts";
import type { ReplayMetrics } from "./metrics.ts";
import type { LondisteWorkerValues } from "./options.ts";
import { Replay } from "./replay.ts";

export interface LondisteHooksParts {
  readonly service: Service<LondisteWorkerValues>;
  readonly handlers: HandlerRegistry;
  readonly sync: TableSyncFace;
  readonly fkeys: FkeyKeeper;
  readonly metrics: ReplayMetrics;
}

export class LondisteHooks implements WorkerHooks {
  readonly systemPrefixes = ["londiste."];
  readonly uncombinedPrefixes = ["londiste."];
  readonly #parts: LondisteHooksParts;
  readonly #structures = new WeakMap<Connection, TableStructures>();
  readonly #handlers = new WeakMap<TableInfo, TableHandler>();
  #knownTables: readonly TableInfo[] = [];
  #hasToldMode = false;

  constructor(parts: LondisteHooksParts) {
    this.#parts = parts;
  }

  async prepareTarget(target: Connection): Promise<void> {
    const mode = await enterReplicaMode(target);
    if (mode === "setting" && !this.#hasToldMode) {
      const hint = "grant set on parameter session_replication_role to the owner of schema londiste (PostgreSQL 15)";
      this.#parts.service.log.warn(
        { hint },
        "session_replication_role cannot be set: triggers of the tables fire here",
      );
    }
    this.#hasToldMode = true;
  }

  async onNode(node: WorkerNode, target: Connection): Promise<void> {
    const { sync, service } = this.#parts;
    const { duties, provider, completedTick } = node;
    if (service.options.localOnly && duties.copiesTo !== null) {
      throw new SkytoolsError("WRONG_USE", `local_only is not possible on node ${node.name}: it passes events on`, {
        hint: "the nodes that read them would lose the events of tables that are not local here",
      });
    }
    if (!duties.appliesEvents) return;
    await sync.refresh(target, { provider, completedTick: completedTick ?? 0n });
  }

  limits(): Partial<BatchLimits> {
    return { stopAt: this.#parts.sync.batchLimit };
  }

  async beforeBatch({ target, node }: WorkerBatch): Promise<boolean> {
    await this.#lookAtFkeys(node, target);
    return true;
  }

  openBatch(batch: WorkerBatch): BatchHooks {
    const { service, sync, metrics } = this.#parts;
    const { options } = service;
    const where = options.localOnly
      ? localOnlyCondition(sync.tables, { dropsExecute: options.localOnlyDropExecute })
      : null;
    return new Replay(batch, {
      ...{ sync, where, structures: this.#structuresOf(batch.target) },
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

  async idle(node: WorkerNode, { target }: { readonly target: Connection }): Promise<void> {
    await this.#lookAtFkeys(node, target);
  }

  async rootPass({ queue }: WorkerNode, target: Connection): Promise<void> {
    await checkRootSequences(target, this.#parts.service.log, queue);
  }

  statistics(): Readonly<Record<string, number>> {
    const ignored = this.#parts.metrics.takeIgnored();
    return ignored === 0 ? {} : { ignored_events: ignored };
  }

  async #lookAtFkeys({ duties }: WorkerNode, target: Connection): Promise<void> {
    const { sync, fkeys } = this.#parts;
    if (!duties.appliesEvents) return;
    const isChanged = sync.tables !== this.#knownTables;
    this.#knownTables = sync.tables;
    await fkeys.look(target, isChanged);
  }

  #structuresOf(target: Connection): TableStructures {
    const structures = this.#structures.get(target) ?? new TableStructures(target);
    this.#structures.set(target, structures);
    return structures;
  }

  #handlerOf(table: TableInfo): TableHandler {
    const { name, dest, attributes } = table;
    const handler = this.#handlers.get(table);
    if (handler !== undefined) return handler;
    const opened = this.#parts.handlers.open({ table: name, dest, handler: attributes.handler });
    this.#handlers.set(table, opened);
    return opened;
  }
}

function conflictPolicy(text: string): ConflictPolicy {
  return conflictPolicies.find((policy) => policy === text) ?? "error";
}
