// An administrator who works on the set while it suffers: commands as processes, some of which are killed half-way. What
// was interrupted is run again later, as the documentation says.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { withClient } from "../product/ledger.ts";
import { type ChaosNode, type ChaosSet, cliBin, QUEUE } from "./places.ts";
import { fullNames, tables } from "./tables.ts";

export interface Ended {
  /** null: it was killed. */
  readonly status: number | null;
  readonly output: string;
}

const LIMIT_MS = 60_000;
/** When nothing is broken any more, on a machine that has much else to do. */
export const CALM_MS = 700_000;

/** `londiste NODE.ini WORDS`; killed after `killMs`. */
export function londiste(set: ChaosSet, node: ChaosNode, words: readonly string[], killMs = LIMIT_MS): Promise<Ended> {
  const child = spawn(process.execPath, [cliBin, "londiste", node.ini, ...words], {
    ...{ stdio: ["ignore", "pipe", "pipe"], cwd: set.folder },
    env: { PATH: process.env["PATH"] },
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const timer = setTimeout(() => child.kill("SIGKILL"), killMs);
  return new Promise((resolve) => {
    child.once("close", (status) => {
      clearTimeout(timer);
      resolve({ status, output });
    });
  });
}

/** Nodes by what they are now; null where there is none, as in the middle of a takeover. */
export async function roleOf(node: ChaosNode): Promise<string | null> {
  try {
    return await withClient(node.directUrl, async (client) => {
      const sql = "select node_type from pgq_node.get_node_info($1)";
      const { rows } = await client.query<{ node_type: string | null }>(sql, [QUEUE]);
      return rows[0]?.node_type ?? null;
    });
  } catch {
    return null;
  }
}

export async function findRoot(set: ChaosSet): Promise<ChaosNode | null> {
  for (const node of set.nodes) if ((await roleOf(node)) === "root") return node;
  return null;
}

/** Whoever makes a node root that lacks tables loses them; that is not what is tried here. */
async function hasAll(heir: ChaosNode, root: ChaosNode): Promise<boolean> {
  const read = (node: ChaosNode, condition: string): Promise<string[]> =>
    withClient(node.directUrl, async (client) => {
      const sql = `select table_name from londiste.table_info where queue_name = $1 and ${condition}`;
      return (await client.query<{ table_name: string }>(sql, [QUEUE])).rows.map((row) => row.table_name);
    });
  try {
    const there = new Set(await read(heir, "local and merge_state = 'ok'"));
    return (await read(root, "local")).every((name) => there.has(name));
  } catch {
    return false;
  }
}

interface Deed {
  readonly name: string;
  readonly weight: number;
  readonly words: (at: ChaosNode, other: ChaosNode) => readonly string[];
  /** On which node; default: one of those that are no root. */
  readonly where?: "root" | "heir" | "leaf";
  /** Must be run again until it succeeds. */
  readonly isCompleted?: boolean;
}

export class Administrator {
  readonly #set: ChaosSet;
  readonly #random;
  #scripts = 0;
  /** A command that was killed or failed, and must succeed at last. */
  #unfinished: { readonly node: ChaosNode; readonly words: readonly string[] } | null = null;
  #isOver = false;

  constructor(set: ChaosSet) {
    this.#set = set;
    this.#random = set.random.fork("administrator");
  }

  async work(): Promise<void> {
    for (;;) {
      await delay(200 + this.#random.int(800));
      if (this.#isOver) return;
      await this.#act();
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  /** After the trouble: everything that was begun is brought to its end. */
  async finish(): Promise<void> {
    const { nodes } = this.#set;
    if (this.#unfinished !== null) this.#unfinished = { ...this.#unfinished, words: patient(this.#unfinished.words) };
    for (let tries = 1; this.#unfinished !== null && tries <= 10; tries += 1) await this.#retry(CALM_MS);
    if (this.#unfinished !== null) this.#set.problem(`never finished: ${this.#unfinished.words.join(" ")}`);
    const root = await findRoot(this.#set);
    if (root === null) {
      this.#set.problem("the set has no root");
      return;
    }
    await this.#must(root, ["add-table", ...fullNames]);
    for (const node of nodes) {
      if (node === root) continue;
      await this.#must(node, ["resume"]);
      await this.#must(node, ["wait-root", "--timeout=600"]);
      await this.#must(node, ["add-table", ...fullNames]);
    }
  }

  async #must(node: ChaosNode, words: readonly string[]): Promise<void> {
    const { status, output } = await londiste(this.#set, node, words, CALM_MS);
    if (status !== 0)
      this.#set.problem(`${node.name}: ${words.join(" ")} ended with ${status ?? "a kill"}: ${tail(output)}`);
  }

  async #act(): Promise<void> {
    if (this.#unfinished !== null && this.#random.chance(0.7)) {
      await this.#retry(this.#killMs());
      return;
    }
    const deed = this.#pick();
    const root = await findRoot(this.#set);
    const node = this.#nodeFor(deed, root);
    if (node === null) return;
    const other = this.#set.nodes.find((one) => one !== node && one.role !== "leaf")!;
    if (deed.name === "takeover" && !(await hasAll(node, other))) return;
    await this.#run(deed.name, node, deed.words(node, other), {
      killMs: this.#killMs(),
      isCompleted: deed.isCompleted,
    });
  }

  async #retry(killMs: number): Promise<void> {
    const todo = this.#unfinished;
    if (todo === null) return;
    await this.#run("commands run again", todo.node, todo.words, { killMs, isCompleted: true });
  }

  async #run(
    name: string,
    node: ChaosNode,
    words: readonly string[],
    { killMs, isCompleted = false }: { readonly killMs: number; readonly isCompleted?: boolean | undefined },
  ): Promise<void> {
    const { status, output } = await londiste(this.#set, node, words, killMs);
    this.#set.count(`${name}: ${status === 0 ? "done" : status === null ? "killed" : "failed"}`);
    if (process.env["SKYTOOLS_CHAOS_VERBOSE"] === "1") {
      console.log(`${node.name} ${words.join(" ")}: ${status ?? "killed"} ${status === 0 ? "" : tail(output)}`);
    }
    if (isCompleted) this.#unfinished = status === 0 ? null : { node, words };
  }

  #killMs(): number {
    return this.#random.chance(0.3) ? 300 + this.#random.int(4000) : LIMIT_MS;
  }

  #nodeFor({ where }: Deed, root: ChaosNode | null): ChaosNode | null {
    const [first, second, leaf] = this.#set.nodes as [ChaosNode, ChaosNode, ChaosNode];
    if (where === "root") return root;
    if (where === "leaf") return leaf;
    if (root === null) return null;
    const heir = root === first ? second : first;
    return where === "heir" || this.#random.chance(0.4) ? heir : leaf;
  }

  #pick(): Deed {
    const table = (): string => `public.${this.#random.pick(tables)}`;
    const deeds: readonly Deed[] = [
      { name: "add-table", weight: 5, where: "root", words: () => ["add-table", table()] },
      { name: "add-table below", weight: 25, words: () => ["add-table", table(), table()] },
      { name: "resync", weight: 15, words: () => ["resync", table()] },
      { name: "remove-table below", weight: 4, where: "leaf", words: () => ["remove-table", table()] },
      { name: "pause", weight: 5, words: () => ["pause", "--timeout=5"] },
      { name: "resume", weight: 10, words: () => ["resume", "--timeout=5"] },
      {
        ...{ name: "change-provider", weight: 8, where: "leaf" },
        words: () => ["change-provider", `--provider=${this.#random.pick(["n1", "n2"])}`, "--timeout=10"],
      },
      {
        ...{ name: "takeover", weight: 6, where: "heir", isCompleted: true },
        words: (_, other) => ["takeover", other.name, "--timeout=20"],
      },
      { name: "execute", weight: 5, where: "root", words: () => ["execute", this.#script()] },
      { name: "status", weight: 3, words: () => ["status", "--json"] },
    ];
    let dice = this.#random.int(deeds.reduce((sum, { weight }) => sum + weight, 0));
    for (const deed of deeds) {
      dice -= deed.weight;
      if (dice < 0) return deed;
    }
    throw new Error("no deed");
  }

  #script(): string {
    this.#scripts += 1;
    const file = join(this.#set.folder, `script${this.#scripts}.sql`);
    const sql =
      this.#scripts % 2 === 1 ? `create table made${this.#scripts} (id int)` : "comment on table plain is 'x'";
    writeFileSync(file, `${sql};\n`);
    return file;
  }
}

function patient(words: readonly string[]): readonly string[] {
  return words.map((word) => (word.startsWith("--timeout=") ? "--timeout=300" : word));
}

function tail(text: string): string {
  return text.slice(-700);
}
