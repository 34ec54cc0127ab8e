// One run of a set from empty servers to the verdict.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Actor, startActor } from "../product/actor.ts";
import { withClient } from "../product/ledger.ts";
import { troubleUntil } from "../product/troubles.ts";
import { Administrator, CALM_MS, londiste } from "./administrator.ts";
import { startApplication } from "./application.ts";
import { type ChaosNode, type ChaosSet, cliBin, openChaosSet, QUEUE } from "./places.ts";
import { fullNames } from "./tables.ts";
import { verdict } from "./verdict.ts";

export interface LondisteChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly majors: readonly [number, number];
}

export interface LondisteChaosReport {
  readonly violations: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
}

const CLIENTS = 2;
const MEAN_MS = 2_000;
/** A worker ends its copies first, perhaps on connections that are dead. */
const STOP_MS = 60_000;
/** On a slow machine trouble goes on until so much was written, but not for ever. */
const LEAST_TRANSACTIONS = 200;
const LONGEST_FACTOR = 4;

export async function runLondisteChaos(options: LondisteChaosOptions): Promise<LondisteChaosReport> {
  const set = await openChaosSet(options);
  const actors: Actor[] = [];
  try {
    await createNodes(set);
    actors.push(...startPrograms(set));
    await Promise.all(actors.map((actor) => actor.ready));
    await addFirstTables(set);
    const application = startApplication(set, CLIENTS);
    const administrator = new Administrator(set);
    const working = administrator.work();
    try {
      await trouble(set, actors, { ms: options.seconds * 1000, done: application.done });
    } finally {
      administrator.stop();
      await working;
    }
    await application.stop();
    await administrator.finish();
    set.count("transactions committed", application.done());
    await verdict(set);
    await Promise.all(actors.map((actor) => actor.end()));
    return { violations: set.problems, counts: set.counts };
  } finally {
    await Promise.all(actors.map((actor) => actor.end()));
    await set.close();
  }
}

async function createNodes(set: ChaosSet): Promise<void> {
  const [root, branch, leaf] = set.nodes as [ChaosNode, ChaosNode, ChaosNode];
  await must(set, root, ["create-root", root.name, root.url]);
  await must(set, branch, ["create-branch", branch.name, branch.url, `--provider=${root.url}`]);
  await must(set, leaf, ["create-leaf", leaf.name, leaf.url, `--provider=${branch.url}`]);
  for (const node of set.nodes) {
    await withClient(node.directUrl, (client) =>
      client.query(
        `select pgq.set_queue_config($1, v.name, v.value)
           from (values ('ticker_max_lag', '1 second'), ('ticker_idle_period', '3 seconds'), ('rotation_period', '10 seconds'))
                v (name, value)
          where exists (select from pgq.queue where queue_name = $1)`,
        [QUEUE],
      ),
    );
  }
}

async function addFirstTables(set: ChaosSet): Promise<void> {
  const [root, branch] = set.nodes as [ChaosNode, ChaosNode, ChaosNode];
  await must(set, root, ["add-table", ...fullNames.slice(0, 4)]);
  await must(set, branch, ["wait-root", "--timeout=600"]);
  await must(set, branch, ["add-table", ...fullNames.slice(0, 2)]);
}

async function must(set: ChaosSet, node: ChaosNode, words: readonly string[]): Promise<void> {
  const { status, output } = await londiste(set, node, words, CALM_MS);
  if (status !== 0) throw new Error(`${node.name}: ${words.join(" ")} ended with ${status ?? "a kill"}: ${output}`);
}

function startPrograms(set: ChaosSet): Actor[] {
  const workers = set.nodes.map((node) =>
    startActor(set, {
      ...{ name: `worker of ${node.name}`, program: cliBin, args: ["londiste", node.ini, "worker"] },
      readyText: "INFO",
      stopMs: STOP_MS,
      onOutput: (text) => hearWorker(set, node, text),
    }),
  );
  const tickers = set.places.map((place, at) => {
    const file = join(set.folder, `pgqd${at}.ini`);
    const databases = set.nodes.filter((node) => node.place === place).map(({ database }) => database);
    writeFileSync(
      file,
      [
        "[pgqd]",
        `base_connstr = host=127.0.0.1 port=${place.proxy.port} user=postgres`,
        `database_list = ${databases.join(", ")}`,
        `pidfile = ${join(set.folder, `pgqd${at}.pid`)}`,
        "check_period = 1",
        "maint_period = 1",
        "ticker_fast_period = 1",
        "statement_timeout = 3",
        "",
      ].join("\n"),
    );
    return startActor(set, { name: `pgqd${at}`, program: cliBin, args: ["pgqd", file], readyText: "Starting pgqd" });
  });
  return [...workers, ...tickers];
}

/** A row that is not as it must be shows that something was lost, or applied twice, even if it is mended later. */
function hearWorker(set: ChaosSet, node: ChaosNode, text: string): void {
  if (process.env["SKYTOOLS_CHAOS_VERBOSE"] === "1") process.stdout.write(text.replaceAll(/^/gm, `${node.name}: `));
  for (const line of text.split("\n")) {
    if (/REPLICA_CONFLICT|POSITION_LOST|Lost position|is not as the|row with this key/.test(line)) {
      set.problem(`${node.name}: ${line.slice(0, 400)}`);
    }
  }
}

async function trouble(
  set: ChaosSet,
  actors: readonly Actor[],
  { ms, done }: { readonly ms: number; readonly done: () => number },
): Promise<void> {
  const random = set.random.fork("trouble");
  const from = performance.now();
  const isOver = (): boolean => {
    const spent = performance.now() - from;
    return spent > LONGEST_FACTOR * ms || (spent > ms && done() >= LEAST_TRANSACTIONS);
  };
  const pickPlace = (): ChaosNode["place"] => random.pick(set.places);
  await troubleUntil(isOver, { random, actors, pickPlace, meanMs: MEAN_MS, count: (what) => set.count(what) });
}
