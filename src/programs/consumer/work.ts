// The work of a consumer program: batch after batch in the loop of the framework, which sleeps, reloads, logs what
// fails, and stops.
import { reasonOf } from "../../errors/index.ts";
import { type Consumer, createConsumer, type HandlerContext, type QueueOrName } from "../../pgq/index.ts";
import type { OptionTable } from "../../service/index.ts";
import { commandOf, runCommand } from "./commands.ts";
import {
  type ConsumerDatabases,
  consumerName,
  consumerSettings,
  type ConsumerValues,
  positionOf,
} from "./consumer-settings.ts";
import { programDatabase } from "./database.ts";
import type { ConsumerContext, ConsumerProgram, ConsumerService } from "./definition.ts";
import { ConsumerMetrics } from "./metrics.ts";
import { DEFAULT_DATABASE, DEFAULT_TARGET } from "./options.ts";
import { BatchStats } from "./stats.ts";

/** @returns the exit status */
export async function runConsumer<Q extends QueueOrName, T extends OptionTable>(
  program: ConsumerProgram<Q, T>,
  service: ConsumerService<T>,
): Promise<number | undefined> {
  const { kind = "plain", database = DEFAULT_DATABASE, target = DEFAULT_TARGET } = program;
  const isTargeted = kind === "serial" || kind === "remote";
  const databases: ConsumerDatabases = {
    database: programDatabase(service.connections, database),
    target: isTargeted ? programDatabase(service.connections, target) : null,
  };
  const values = (): ConsumerValues => service.options;
  const command = commandOf(values());
  if (command !== null) {
    const position = positionOf(program, values(), databases);
    const consumer = createConsumer({ ...consumerSettings(program, values(), databases), clock: service.clock });
    return await runCommand(command, service, { consumer, position, databases });
  }
  await new ConsumerRun(program, service, databases).run();
  return undefined;
}

class ConsumerRun<Q extends QueueOrName, T extends OptionTable> {
  readonly #program: ConsumerProgram<Q, T>;
  readonly #service: ConsumerService<T>;
  readonly #databases: ConsumerDatabases;
  readonly #stats: BatchStats;
  readonly #metrics: ConsumerMetrics;
  readonly #context: (given: HandlerContext) => ConsumerContext<T>;
  #consumer: Consumer<Q | string>;

  constructor(program: ConsumerProgram<Q, T>, service: ConsumerService<T>, databases: ConsumerDatabases) {
    this.#program = program;
    this.#service = service;
    this.#databases = databases;
    const { stats, metrics, clock, options } = service;
    const names = { queue: options.queueName, consumer: consumerName(options, program.name) };
    this.#stats = new BatchStats(stats, clock, () => service.options);
    this.#metrics = new ConsumerMetrics(metrics, clock, names);
    this.#context = contexts(service);
    this.#consumer = this.#open();
  }

  async run(): Promise<void> {
    const { log, options, health } = this.#service;
    if (options.pgqAutocommit) {
      const hint = "what must be committed at once goes through a connection of its own, service.connections.get()";
      log.warn({ hint }, "pgq_autocommit has no effect: what a handler writes through tx is committed with its batch");
    }
    health.report("queue", { isHealthy: true });
    await this.#program.startup?.(this.#service);
    const reloadOff = this.#service.onReload(() => this.#reopen());
    try {
      await this.#service.loop(() => this.#pass());
    } finally {
      reloadOff();
      await this.#consumer.stop();
      this.#stats.tell({ isLast: true });
    }
  }

  async #pass(): Promise<boolean> {
    const isMore = await this.#work();
    if (!isMore) this.#metrics.idle();
    this.#stats.tell();
    return isMore;
  }

  async #work(): Promise<boolean> {
    const { handler, batchHandler } = this.#program;
    const consumer = this.#consumer as Consumer<Q>; // without `queue` Q is string
    if (handler !== undefined) {
      return await consumer.runOnce((event, tx, context) => handler(event, tx, this.#context(context)));
    }
    return await consumer.runBatchOnce((batch, tx, context) => batchHandler?.(batch, tx, this.#context(context)));
  }

  /** With the values of the present configuration. */
  #open(): Consumer<Q | string> {
    const { clock, signal, log, health, options } = this.#service;
    const consumer = createConsumer({ ...consumerSettings(this.#program, options, this.#databases), clock, signal });
    consumer.on("batch", (report) => {
      this.#stats.batch(report);
      this.#metrics.batch(report);
      health.report("queue", { isHealthy: true });
      const { batch, events } = report;
      log.debug({ batch: String(batch.id), tick: String(batch.tickId), events }, "batch done");
    });
    consumer.on("eventFailure", (report) => {
      this.#metrics.eventFailure(report);
      const { error, eventId, outcome, retries } = report;
      const text = reasonOf(error);
      log.warn({ event: String(eventId), outcome, retries, error: text }, "an event failed");
    });
    consumer.on("warning", ({ message, hint }) => {
      log.warn({ hint }, message);
      health.report("queue", { isHealthy: true, detail: message });
    });
    consumer.on("tick", () => this.#service.notify());
    return consumer;
  }

  async #reopen(): Promise<void> {
    const before = this.#consumer;
    this.#consumer = this.#open();
    await before.stop();
  }
}

/** One object a batch, not one an event. */
function contexts<T extends OptionTable>(service: ConsumerService<T>): (given: HandlerContext) => ConsumerContext<T> {
  let last: { readonly given: HandlerContext; readonly made: ConsumerContext<T> } | null = null;
  return (given) => {
    if (last?.given !== given) last = { given, made: { ...given, log: service.log, service } };
    return last.made;
  };
}
