// The set that is made to suffer: a root, a branch that may become one, and a leaf, on two servers behind bad networks.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../../src/pgq/index.ts";
import { startCluster } from "../../../src/testing/index.ts";
import { startBadNetwork } from "../../harness/bad-network.ts";
import { type Chance, seededChance } from "../../harness/chance.ts";
import { withClient } from "../product/ledger.ts";
import type { Place } from "../product/stage.ts";
import { startTables } from "./tables.ts";

export const QUEUE = "replika";
export const cliBin = join(packageRoot(), "dist", "src", "cli", "bin.js");

export interface ChaosNode {
  readonly name: string;
  readonly role: "root" | "branch" | "leaf";
  readonly place: Place;
  readonly database: string;
  /** Through the bad network, as all programs come. */
  readonly url: string;
  /** For traffic and checks. */
  readonly directUrl: string;
  readonly ini: string;
  readonly pidfile: string;
}

export interface ChaosSet {
  readonly folder: string;
  readonly clockShim: string;
  readonly random: Chance;
  readonly places: readonly Place[];
  /** n1 and n2 take over from each other; n3 is a leaf of either. */
  readonly nodes: readonly ChaosNode[];
  readonly problems: string[];
  readonly counts: Map<string, number>;
  hear(message: { readonly kind: string }): void;
  problem(text: string): void;
  count(what: string, by?: number): void;
  close(): Promise<void>;
}

export interface ChaosSetOptions {
  readonly seed: number;
  /** Of the two servers. */
  readonly majors: readonly [number, number];
}

const MOST_PROBLEMS = 20;

const layout = [
  { name: "n1", role: "root", at: 0 },
  { name: "n2", role: "branch", at: 1 },
  { name: "n3", role: "leaf", at: 0 },
] as const;

export async function openChaosSet({ seed, majors }: ChaosSetOptions): Promise<ChaosSet> {
  const folder = mkdtempSync(join(tmpdir(), "skytools-chaos-"));
  const places = await Promise.all(majors.map(openPlace));
  const nodes = layout.map(({ name, role, at }): ChaosNode => {
    const place = places[at]!;
    const ini = join(folder, `${name}.ini`);
    const pidfile = join(folder, `${name}.pid`);
    const url = `postgresql://postgres@127.0.0.1:${place.proxy.port}/${name}`;
    return {
      ...{ name, role, place, database: name, url, ini, pidfile },
      get directUrl() {
        return place.cluster.url(name);
      },
    };
  });
  for (const node of nodes) {
    writeFileSync(node.ini, iniText(node));
    await withClient(node.place.directUrl, (client) => client.query(`create database ${node.database}`));
    await withClient(node.directUrl, (client) => client.query(startTables(node.role === "root")));
  }
  const problems: string[] = [];
  const counts = new Map<string, number>();
  return {
    ...{ folder, places, nodes, problems, counts, random: seededChance(seed) },
    clockShim: join(packageRoot(), "dist", "test", "chaos", "product", "children", "clock-shim.js"),
    hear: () => undefined,
    problem(text) {
      if (problems.length < MOST_PROBLEMS) problems.push(text);
    },
    count: (what, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by),
    async close() {
      for (const { proxy, cluster } of places) {
        await proxy.close();
        await cluster.stop();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server is killed, the operating system is not: what was written needs no fsync to survive. */
async function openPlace(major: number): Promise<Place> {
  const settings = { fsync: "off", max_connections: "100", shared_buffers: "64MB" };
  const cluster = await startCluster({ major, durable: true, settings });
  const proxy = await startBadNetwork(() => cluster.port);
  return {
    ...{ cluster, proxy, clock: null },
    url: `postgresql://postgres@127.0.0.1:${proxy.port}/postgres`,
    get directUrl() {
      return cluster.url();
    },
  };
}

function iniText({ name, url, pidfile }: ChaosNode): string {
  return [
    "[londiste]",
    `job_name = ${name}_worker`,
    `db = ${url}`,
    `queue_name = ${QUEUE}`,
    `pidfile = ${pidfile}`,
    "loop_delay = 0.2",
    "exception_sleep = 1",
    "parallel_copies = 2",
    "threaded_copy_tables = public.wide",
    "threaded_copy_pool_size = 2",
    "local_wm_publish_period = 5",
    "",
  ].join("\n");
}
