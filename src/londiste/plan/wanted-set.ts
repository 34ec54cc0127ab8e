// A whole set as one file describes it. The file is an ini file like all others here, so that quoting, interpolation and
// --set are the same and no second language has to be learnt:
//
//   [londiste]                     [node old]            [node new]               [table shop.archive]
//   queue_name = shop              type = root           type = branch            nodes = reports
//   tables = shop.*                location = …          provider = old           handler = …
//   sequences = *                                        location = …
import { SkytoolsError } from "../../errors/index.ts";
import { nearestName } from "../../errors/index.ts";
import { type Config, parseList } from "../../service/index.ts";
import type { NodeType } from "../../cascade/index.ts";
import { checkTriggerWords } from "../admin/check-trigger-args.ts";
import { checkTriggerFlags } from "../admin/table-options.ts";
import { fullName } from "../tables/table-info.ts";

export interface WantedNode {
  readonly name: string;
  readonly type: NodeType;
  /** Name of another node; null for the root. */
  readonly provider: string | null;
  /** Connection string under which all nodes, and this program, reach it. */
  readonly location: string;
  readonly worker: string;
  /** Names and patterns, instead of those of the set. */
  readonly tables: readonly string[] | null;
  readonly sequences: readonly string[] | null;
  /** What is made when a table or sequence is missing there. */
  readonly create: "no" | "plain" | "full";
}

export interface WantedTable {
  /** Name or pattern. */
  readonly pattern: string;
  /** null: all nodes. */
  readonly nodes: readonly string[] | null;
  readonly handler: string | null;
  /** key=value. */
  readonly handlerArgs: readonly string[];
  readonly triggerFlags: string | null;
  readonly triggerArgs: readonly string[];
  /** The rows are there already. */
  readonly isSynced: boolean;
  /** Node → name of the table there. */
  readonly dest: ReadonlyMap<string, string>;
}

export interface WantedSet {
  readonly queue: string;
  /** Root first, each node behind its provider. */
  readonly nodes: readonly WantedNode[];
  readonly tables: readonly string[];
  readonly sequences: readonly string[];
  readonly details: readonly WantedTable[];
}

const NODE_KEYS = ["type", "provider", "location", "worker", "tables", "sequences", "create"];
const TABLE_KEYS = ["nodes", "handler", "handler_args", "trigger_flags", "trigger_args", "expect_sync"];

/** @throws CONFIG_FILE, WRONG_USE with the section and what is wrong in it */
export function readWantedSet(config: Config, queue: string): WantedSet {
  const nodes = named(config, "node").map(([name, section]) => readNode(name, section, queue));
  if (nodes.length === 0) {
    throw new SkytoolsError("WRONG_USE", "the file describes no node", {
      hint: "add sections such as [node main] with type, location and provider",
    });
  }
  const known = nodes.map(({ name }) => name);
  return {
    queue,
    nodes: inOrder(nodes),
    tables: names(config, "tables") ?? [],
    sequences: names(config, "sequences") ?? [],
    details: named(config, "table").map(([name, section]) => readTable(name, section, known)),
  };
}

/** The sections `[KIND NAME]`. */
function named(config: Config, kind: string): readonly (readonly [string, Config])[] {
  return config.sections.flatMap((section) => {
    const [word = "", ...rest] = section.trim().split(/[\s:]+/);
    return word === kind && rest.length > 0 ? [[rest.join(" "), config.clone(section)] as const] : [];
  });
}

function readNode(name: string, config: Config, queue: string): WantedNode {
  checkKeys(config, NODE_KEYS);
  const type = config.get("type");
  if (type !== "root" && type !== "branch" && type !== "leaf")
    throw wrong(config, `type is "${type}"`, "root, branch or leaf");
  const provider = config.maybe("provider") ?? null;
  if (type === "root" && provider !== null) throw wrong(config, "a root has no provider", "leave it out");
  if (type !== "root" && provider === null)
    throw wrong(config, "provider is missing", "name the node that it reads from");
  const create = config.maybe("create") ?? "full";
  if (create !== "no" && create !== "plain" && create !== "full")
    throw wrong(config, `create is "${create}"`, "no, plain or full");
  return {
    ...{ name, type, provider, create },
    location: config.get("location"),
    worker: config.maybe("worker") ?? `${queue}_${name}`,
    tables: names(config, "tables"),
    sequences: names(config, "sequences"),
  };
}

function readTable(name: string, config: Config, known: readonly string[]): WantedTable {
  const own = config.ownKeys();
  checkKeys(config, [...TABLE_KEYS, ...own.filter((key) => key.startsWith("dest_table."))]);
  const dest = own.flatMap((key) => {
    const [, node] = /^dest_table\.(.+)$/.exec(key) ?? [];
    return node === undefined ? [] : [[node, fullName(config.get(key))] as const];
  });
  const nodes = config.has("nodes") ? parseList(config.get("nodes")) : null;
  for (const node of [...(nodes ?? []), ...dest.map(([one]) => one)]) {
    if (known.includes(node)) continue;
    throw wrong(
      config,
      `node ${node} is not in the file`,
      `did you mean ${nearestName(node, known) ?? known.join(", ")}?`,
    );
  }
  const triggerFlags = config.maybe("trigger_flags") ?? null;
  const triggerArgs = parseList(config.maybe("trigger_args") ?? "");
  checkTriggerFlags(triggerFlags);
  checkTriggerWords(triggerArgs);
  return {
    pattern: fullName(name),
    nodes,
    handler: config.maybe("handler") ?? null,
    handlerArgs: parseList(config.maybe("handler_args") ?? ""),
    triggerFlags,
    triggerArgs,
    isSynced: config.has("expect_sync") && config.bool("expect_sync"),
    dest: new Map(dest),
  };
}

function names(config: Config, key: string): readonly string[] | null {
  if (!config.ownKeys().includes(key)) return null;
  return parseList(config.get(key)).map((word) => (word === "*" ? "*.*" : fullName(word)));
}

function checkKeys(config: Config, known: readonly string[]): void {
  for (const key of config.ownKeys()) {
    if (known.includes(key)) continue;
    const near = nearestName(key, known);
    throw wrong(
      config,
      `unknown key ${key}`,
      near === null ? `known are ${known.join(", ")}` : `did you mean ${near}?`,
    );
  }
}

function wrong(config: Config, message: string, hint: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `[${config.section}]: ${message}`, { hint });
}

/** @throws WRONG_USE unless the nodes are one tree */
function inOrder(nodes: readonly WantedNode[]): readonly WantedNode[] {
  const roots = nodes.filter(({ type }) => type === "root");
  if (roots.length !== 1)
    throw new SkytoolsError("WRONG_USE", `the file describes ${roots.length} roots`, { hint: "a set has one" });
  const sorted = [...roots];
  for (let i = 0; i < sorted.length; i += 1) {
    sorted.push(...nodes.filter(({ provider }) => provider !== null && provider === sorted[i]?.name));
  }
  const lost = nodes.filter((node) => !sorted.includes(node));
  if (lost[0] !== undefined) {
    throw new SkytoolsError(
      "WRONG_USE",
      `[node ${lost[0].name}]: its provider "${lost[0].provider ?? ""}" is not in the file`,
    );
  }
  const leaf = sorted.find(({ type, name }) => type === "leaf" && sorted.some(({ provider }) => provider === name));
  if (leaf !== undefined) throw new SkytoolsError("WRONG_USE", `[node ${leaf.name}]: a leaf cannot be a provider`);
  return sorted;
}
