// What must be true when the trouble is over and everything that was begun has been brought to its end.
import { until } from "../../harness/until.ts";
import { withClient } from "../product/ledger.ts";
import { CALM_MS, findRoot, londiste } from "./administrator.ts";
import { type ChaosNode, type ChaosSet, QUEUE } from "./places.ts";
import { fullNames } from "./tables.ts";

const SYNC_MS = 600_000;
const TIDY_MS = 300_000;

export async function verdict(set: ChaosSet): Promise<void> {
  const root = await findRoot(set);
  if (root === null) {
    set.problem("the set has no root");
    return;
  }
  for (const node of set.nodes) {
    if (node === root) continue;
    const from = performance.now();
    const isInSync = await inSync(set, node);
    set.count(`seconds until ${node.name} was in sync`, Math.ceil((performance.now() - from) / 1000));
    if (!isInSync) continue;
    await attempt(set, node, ["wait-root", "--timeout=600"]);
    await attempt(set, node, ["compare", "--timeout=600"]);
    await sameRows(set, root, node);
  }
  for (const node of set.nodes) await tidy(set, node, node === root);
}

async function inSync(set: ChaosSet, node: ChaosNode): Promise<boolean> {
  const states = (): Promise<string> =>
    ask(
      node,
      `select coalesce(string_agg(table_name || ' ' || coalesce(merge_state, 'none'), ', '), '') as text
         from londiste.table_info where queue_name = '${QUEUE}' and local and merge_state is distinct from 'ok'`,
    );
  try {
    await until(async () => (await states()) === "", { timeoutMs: SYNC_MS, what: "in sync" });
    return true;
  } catch {
    set.problem(`${node.name}: never in sync: ${await states()}`);
    return false;
  }
}

async function attempt(set: ChaosSet, node: ChaosNode, words: readonly string[]): Promise<void> {
  const { status, output } = await londiste(set, node, words, CALM_MS);
  if (status !== 0)
    set.problem(`${node.name}: ${words.join(" ")} ended with ${status ?? "a kill"}: ${output.slice(-900)}`);
}

/** Not by our own comparison. */
async function sameRows(set: ChaosSet, root: ChaosNode, node: ChaosNode): Promise<void> {
  for (const table of fullNames) {
    const sql = `select count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, chr(10) order by t::text collate "C")), '') as text
      from ${table} t`;
    const [there, here] = [await ask(root, sql), await ask(node, sql)];
    if (there !== here) set.problem(`${table}: ${root.name} has ${there}, ${node.name} has ${here}`);
  }
}

const LEFT_OVER: Readonly<Record<string, string>> = {
  paused: "select string_agg(consumer_name, ', ') as text from pgq_node.local_state where paused",
  "keys taken off":
    "select string_agg(table_name, ', ') as text from londiste.table_info where dropped_ddl is not null",
  "consumers of copies":
    "select string_agg(co_name, ', ') as text from pgq.consumer join pgq.subscription on sub_consumer = co_id where co_name like '%.copy.%'",
  "foreign keys taken away": "select string_agg(fkey_name, ', ') as text from londiste.pending_fkeys",
  "invalid keys": "select string_agg(conname, ', ') as text from pg_constraint where not convalidated",
};

const INDEXES = `
  select count(*)::text || ' keys and indexes' as text
    from (select indexrelid::text from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = 'public'::regnamespace
           and c.relname not like 'made%'
          union all select conname from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace) x`;

/** Some of it is done in the background, once a minute. */
async function tidy(set: ChaosSet, node: ChaosNode, isRoot: boolean): Promise<void> {
  for (const [what, sql] of Object.entries(LEFT_OVER)) {
    await until(async () => (await ask(node, sql)) === "", { timeoutMs: TIDY_MS, what }).catch(async () =>
      set.problem(`${node.name}: left over, ${what}: ${await ask(node, sql)}`),
    );
  }
  const indexes = await ask(node, INDEXES);
  if (indexes !== "11 keys and indexes") set.problem(`${node.name}${isRoot ? " (root)" : ""} has ${indexes}`);
}

async function ask(node: ChaosNode, sql: string): Promise<string> {
  return await withClient(node.directUrl, async (client) => {
    const { rows } = await client.query<{ text: string | null }>(sql);
    return rows[0]?.text ?? "";
  });
}
