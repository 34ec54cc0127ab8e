// Producers, a consumer and a ticker that go on until they are stopped. They speak plain SQL, as any old client does.
import type pg from "pg";

export interface Work {
  /** Throws what ended the loop, if something did. */
  check(): void;
  stop(): Promise<unknown>;
}

export interface Producer extends Work {
  /** Stops and gives the data of all events that were committed. */
  stop(): Promise<string[]>;
}

export interface Consumer extends Work {
  /** Data of the events of all finished batches, in order. */
  readonly seen: string[];
}

const PAUSE = "select pg_sleep(0.005)";
const SERIALIZATION_FAILURE = "40001";

export function startProducer(client: pg.Client, queue: string, number: number, isolation: string): Producer {
  const committed: string[] = [];
  const loop = repeat(async (round) => {
    const data = `${number}:${round}`;
    try {
      await client.query(`begin isolation level ${isolation}`);
      await client.query("select count(*) from pgq.queue");
      await client.query(PAUSE);
      await client.query("select pgq.insert_event($1, 'traffic', $2)", [queue, data]);
      await client.query("commit");
      committed.push(data);
    } catch (error) {
      await client.query("rollback");
      if ((error as { code?: string }).code !== SERIALIZATION_FAILURE) throw error;
    }
  });
  return { check: () => loop.check(), stop: () => loop.stop().then(() => committed) };
}

export function startConsumer(client: pg.Client, queue: string, consumer: string): Consumer {
  const seen: string[] = [];
  const loop = repeat(async () => {
    const { rows } = await client.query<{ id: string | null }>("select pgq.next_batch($1, $2) as id", [
      queue,
      consumer,
    ]);
    const id = rows[0]?.id;
    if (id === null || id === undefined) {
      await client.query(PAUSE);
      return;
    }
    await client.query("begin");
    const events = await client.query<{ ev_data: string }>("select ev_data from pgq.get_batch_events($1)", [id]);
    await client.query("select pgq.finish_batch($1)", [id]);
    await client.query("commit");
    for (const event of events.rows) seen.push(event.ev_data);
  });
  return { seen, check: () => loop.check(), stop: () => loop.stop() };
}

/** Ticks, and rotates as often as the queues want it. */
export function startTicker(client: pg.Client): Work {
  return repeat(async () => {
    await client.query("select pgq.ticker()");
    await client.query("select pgq.maint_rotate_tables_step1(queue_name) from pgq.queue");
    await client.query("select pgq.maint_rotate_tables_step2()");
    await client.query(PAUSE);
  });
}

export function repeat(step: (round: number) => Promise<void>): Work {
  let isStopping = false;
  let failure: Error | null = null;
  const run = async (): Promise<void> => {
    for (let round = 1; !isStopping; round += 1) await step(round);
  };
  const running = run().catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  const check = (): void => {
    if (failure !== null) throw failure;
  };
  return {
    check,
    stop: async () => {
      isStopping = true;
      await running;
      check();
    },
  };
}
