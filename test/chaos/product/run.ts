// One run of the whole product from empty servers to the verdict.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot, renderSchema } from "../../../src/pgq/index.ts";
import { startCluster } from "../../../src/testing/index.ts";
import { startBadNetwork } from "../../harness/bad-network.ts";
import { makeServerClock } from "../../harness/server-clock.ts";
import { until } from "../../harness/until.ts";
import { type Actor, startActor } from "./actor.ts";
import { type Guarantee, violations } from "./check.ts";
import type { ConsumerKind, Orders } from "./children/telling.ts";
import { type Done, SOURCE_LEDGER, TARGET_LEDGER, withClient } from "./ledger.ts";
import { startPgqd } from "./pgqd.ts";
import { createStage, type Place, type Stage } from "./stage.ts";
import { makeTrouble } from "./troubles.ts";

export interface ProductChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly major: number;
}

export interface ProductChaosReport {
  readonly violations: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
}

interface Cast extends Guarantee {
  readonly kind: ConsumerKind;
  /** Processes; more than one only for cooperating ones. */
  readonly processes: number;
  readonly doneIn: "source" | "target";
}

const QUEUE = "chaos";
const DEAD_LETTERS = `select consumer_name, ev_data from pgq.get_dead_letters('${QUEUE}', null, 0, 1000000)`;
const PRODUCERS = 2;
const STALL_MS = 60_000;
const DRAIN_MS = 400_000;

const cast: readonly Cast[] = [
  { kind: "database", consumer: "c_database", processes: 1, doneIn: "source", isExactlyOnce: true, order: "all" },
  { kind: "retrying", consumer: "c_retrying", processes: 1, doneIn: "source", isExactlyOnce: true, order: "none" },
  { kind: "serial", consumer: "c_serial", processes: 1, doneIn: "target", isExactlyOnce: true, order: "all" },
  { kind: "remote", consumer: "c_remote", processes: 1, doneIn: "target", isExactlyOnce: true, order: "all" },
  { kind: "file", consumer: "c_file", processes: 1, doneIn: "target", isExactlyOnce: false, order: "all" },
  { kind: "outside", consumer: "c_outside", processes: 1, doneIn: "target", isExactlyOnce: false, order: "all" },
  { kind: "worker", consumer: "c_team", processes: 2, doneIn: "source", isExactlyOnce: true, order: "none" },
  { kind: "ordered", consumer: "c_ordered", processes: 2, doneIn: "source", isExactlyOnce: true, order: "part" },
];

export async function runProductChaos(options: ProductChaosOptions): Promise<ProductChaosReport> {
  const { stage, close } = await setUp(options);
  const actors: Actor[] = [];
  try {
    actors.push(...startActors(stage, options.seed));
    await Promise.all(actors.map((actor) => actor.ready));
    await makeTrouble(stage, actors, options.seconds * 1000);

    await Promise.all(actors.filter(({ name }) => name.startsWith("producer")).map((actor) => actor.end()));
    await bringBackWhatIsLate(stage);
    await drain(stage);
    await Promise.all(actors.map((actor) => actor.end()));
    return { violations: await verdict(stage), counts: stage.counts };
  } finally {
    await Promise.all(actors.map((actor) => actor.end()));
    await close();
  }
}

async function setUp({ seed, major }: ProductChaosOptions): Promise<{ stage: Stage; close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "skytools-chaos-"));
  // The server is killed, the operating system is not: what was written needs no fsync to survive.
  const settings = { fsync: "off", max_connections: "80" };
  const place = async (): Promise<Place> => {
    const clock = makeServerClock();
    const cluster = await startCluster({ major, durable: true, settings, env: clock?.env ?? {} });
    const proxy = await startBadNetwork(() => cluster.port);
    return {
      cluster,
      proxy,
      clock,
      url: `postgresql://postgres@127.0.0.1:${proxy.port}/postgres`,
      get directUrl() {
        return cluster.url();
      },
    };
  };
  const [source, target] = await Promise.all([place(), place()]);
  await withClient(source.directUrl, async (client) => {
    await client.query(renderSchema("pgq"));
    await client.query(renderSchema("pgq_coop"));
    await client.query(SOURCE_LEDGER);
    await makeQueue(client);
  });
  await withClient(target.directUrl, async (client) => {
    await client.query(renderSchema("pgq_ext"));
    await client.query(TARGET_LEDGER);
  });
  const clockShim = compiled("clock-shim");
  return {
    stage: createStage({ source, target, folder, clockShim }, seed),
    close: async () => {
      for (const { proxy, cluster, clock } of [source, target]) {
        await proxy.close();
        await cluster.stop();
        clock?.remove();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeQueue(client: { query(sql: string, values?: unknown[]): Promise<unknown> }): Promise<void> {
  await client.query("select pgq.create_queue($1)", [QUEUE]);
  for (const [parameter, value] of [
    ["rotation_period", "2 seconds"],
    ["ticker_max_lag", "200 milliseconds"],
    ["ticker_idle_period", "1 second"],
  ]) {
    await client.query("select pgq.set_queue_config($1, $2, $3)", [QUEUE, parameter, value]);
  }
  for (const { kind, consumer } of cast) {
    const register =
      kind === "ordered" ? "pgq_coop.register_partitions($1, $2, 4, null)" : "pgq.register_consumer($1, $2)";
    await client.query(`select ${register}`, [QUEUE, consumer]);
  }
}

function compiled(name: string): string {
  return join(packageRoot(), "dist", "test", "chaos", "product", "children", `${name}.js`);
}

function startActors(stage: Stage, seed: number): Actor[] {
  const orders = (name: string, consumer: string, kind: ConsumerKind): string =>
    JSON.stringify({
      name,
      seed,
      source: stage.source.url,
      target: stage.target.url,
      queue: QUEUE,
      consumer,
      kind,
      file: join(stage.folder, `${consumer}.tick`),
    } satisfies Orders);
  const start = (name: string, program: string, consumer = "", kind: ConsumerKind = "database"): Actor =>
    startActor(stage, { name, program: compiled(program), args: [orders(name, consumer, kind)] });

  return [
    ...Array.from({ length: PRODUCERS }, (_, n) => start(`producer${n}`, "producer")),
    startPgqd(stage, "pgqd1", ["postgres"]),
    startPgqd(stage, "pgqd2", null),
    ...cast.flatMap(({ kind, consumer, processes }) =>
      Array.from({ length: processes }, (_, n) => start(`${kind}${n}`, "consumer", consumer, kind)),
    ),
  ];
}

/** An event is set aside until a time; when the clock was set back meanwhile, that is an hour too late for this run. */
async function bringBackWhatIsLate({ source }: Stage): Promise<void> {
  await withClient(source.directUrl, (client) => client.query("update pgq.retry_queue set ev_retry_after = now()"));
}

/**
 * Until every consumer has done all that was committed. How long that takes depends on the machine; but no consumer may
 * come no further for a minute.
 */
async function drain(stage: Stage): Promise<void> {
  const from = performance.now();
  const behind = new Map(cast.map(({ consumer }) => [consumer, { lacking: Infinity, since: from }]));
  const isDrained = async (): Promise<boolean> => {
    await delay(500);
    const now = performance.now();
    for (const [consumer, lacking] of await countLacking(stage)) {
      const before = behind.get(consumer);
      if (before === undefined) continue;
      if (lacking < before.lacking) behind.set(consumer, { lacking, since: now });
      else if (now - before.since > STALL_MS) throw new Error(`${consumer} comes no further, ${lacking} events lack`);
      if (lacking > 0) continue;
      behind.delete(consumer);
      stage.count(`seconds until ${consumer} had done all afterwards`, Math.ceil((now - from) / 1000));
    }
    return behind.size === 0;
  };
  await until(isDrained, { timeoutMs: DRAIN_MS, what: "drained" }).catch((error: unknown) =>
    stage.problem(String(error)),
  );
}

/** Events that each consumer has yet to do. Cheap, because it is asked while they are busy. */
async function countLacking(stage: Stage): Promise<ReadonlyMap<string, number>> {
  const made = await withClient(stage.source.directUrl, async (client) => {
    const { rows } = await client.query<{ count: number }>("select count(*)::int from chaos.made");
    return rows[0]?.count ?? 0;
  });
  const lacking = new Map(cast.map(({ consumer }) => [consumer, made]));
  for (const place of [stage.source, stage.target]) {
    const dead = place === stage.source ? `union all ${DEAD_LETTERS}` : "";
    await withClient(place.directUrl, async (client) => {
      const { rows } = await client.query<{ consumer: string; count: number }>(
        `select consumer, count(distinct key)::int from (select consumer, key from chaos.done ${dead}) d group by consumer`,
      );
      for (const { consumer, count } of rows) lacking.set(consumer, (lacking.get(consumer) ?? 0) - count);
    });
  }
  return lacking;
}

async function verdict(stage: Stage): Promise<string[]> {
  const { made, done } = await readLedger(stage);
  const found = [...stage.problems];
  for (const guarantee of cast) found.push(...violations(guarantee, made, done.get(guarantee.consumer) ?? []));
  const lost = [...stage.acknowledged].filter((key) => !made.has(key));
  if (lost.length > 0) found.push(`acknowledged commits are gone: ${lost.slice(0, 5).join(", ")}`);
  stage.count("events committed", made.size);
  return found;
}

interface Ledger {
  readonly made: ReadonlySet<string>;
  readonly done: ReadonlyMap<string, readonly Done[]>;
}

async function readLedger({ source, target }: Stage): Promise<Ledger> {
  const made = await withClient(source.directUrl, async (client) => {
    const { rows } = await client.query<{ key: string }>("select key from chaos.made");
    return new Set(rows.map(({ key }) => key));
  });
  const read = (url: string, dead: boolean): Promise<Done[]> =>
    withClient(url, async (client) => {
      const { rows } = await client.query<Done>("select * from chaos.done order by n");
      return dead ? [...rows, ...(await deadLetters(client))] : rows;
    });
  const all = { source: await read(source.directUrl, true), target: await read(target.directUrl, false) };
  return {
    made,
    done: new Map(
      cast.map(({ consumer, doneIn }) => [consumer, all[doneIn].filter((row) => row.consumer === consumer)]),
    ),
  };
}

/** An event among the dead letters is done too. */
async function deadLetters(client: Parameters<Parameters<typeof withClient>[1]>[0]): Promise<Done[]> {
  const { rows } = await client.query<Done>(
    `select dl_id::text as n, consumer_name as consumer, '0' as batch_id, '0' as tick_id, ev_id, ev_data as key, ev_extra1 as part,
            ev_retry as retry, 'dead letter' as worker, null as txid, null as seen
       from pgq.get_dead_letters($1, null, 0, 1000000)`,
    [QUEUE],
  );
  return rows;
}
