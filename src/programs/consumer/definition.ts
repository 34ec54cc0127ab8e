// What its author says of a consumer program. What its operator says stands in the configuration file: options.ts.
import type {
  Batch,
  EventOf,
  HandlerContext,
  QueueOrName,
  RetryPolicy,
  Session,
  Transaction,
} from "../../pgq/index.ts";
import type { Logger, OptionTable, OptionValues, ProgramOptions, Service } from "../../service/index.ts";
import type { ConsumerKind } from "./kind.ts";
import type { consumerOptions, NoOptions } from "./options.ts";

/** The service of a consumer program: its options are those of all consumers and its own. */
export type ConsumerService<T extends OptionTable = NoOptions> = Service<
  ProgramOptions<typeof consumerOptions> & OptionValues<T>
>;

export interface ConsumerContext<T extends OptionTable = NoOptions> extends HandlerContext {
  /** Fields first, constant text second: `log.info({ order }, "mailed")`. */
  readonly log: Logger;
  /** Options, other connections, metrics, statistics. */
  readonly service: ConsumerService<T>;
}

export interface ConsumerProgram<Q extends QueueOrName = string, T extends OptionTable = NoOptions> {
  /** Name of the program, and of its section in the file. */
  readonly name: string;
  /** Shown by --version. Default: that of skytools. */
  readonly version?: string;
  readonly summary?: string;
  /** More names of its section. */
  readonly oldSections?: readonly string[];
  /** Default plain. */
  readonly kind?: ConsumerKind;
  /** Key with the connection string of the queue's database. Default db. */
  readonly database?: string;
  /** serial, remote: key with the connection string of the other database. Default dst_db. */
  readonly target?: string;
  /** serial, remote: schema of the functions that keep the position there. Default pgq_ext. */
  readonly targetSchema?: string;
  /** Keys of its own. */
  readonly options?: T;
  /** Describes the queue of that name: what its payloads are. Default: JSON without schemas. */
  readonly queue?: (name: string) => Q;
  /** SQL condition over the ev_* columns; the key table_filter narrows it further. */
  readonly filter?: string;
  /**
   * What becomes of an event whose handler fails. Default false, as in the old framework: its batch is rolled back and
   * tried again after exception_sleep, without end. A policy: it is set aside alone.
   */
  readonly retry?: RetryPolicy | false;
  /** With a policy: what becomes of an event that failed too often. Default dead-letter. */
  readonly onExhausted?: "dead-letter" | "stop";
  /** cooperative: keeps the order of each key, see CooperativeOptions; then subconsumer_name is not needed. */
  readonly orderBy?: string;
  readonly partitions?: number;
  /** Before the first batch. What it opens it pushes on service.life. */
  startup?(service: ConsumerService<T>): Promise<void> | void;
  /** Checks what a single option cannot; at start and before a reload takes effect. @throws SkytoolsError */
  check?(options: ConsumerService<T>["options"]): void;
  /** For each event (process_event). Either this or batchHandler. */
  readonly handler?: (event: EventOf<Q>, tx: Transaction, context: ConsumerContext<T>) => unknown;
  /** For each batch that has events (process_batch); it reads them all or says batch.ackRest(). */
  readonly batchHandler?: (batch: Batch<Q>, tx: Session | null, context: ConsumerContext<T>) => unknown;
}
