// create-root, create-branch, create-leaf. Each may be given again: what a run that died half-way has made is used.
import { SkytoolsError } from "../../errors/index.ts";
import { installSchema } from "../../pgq/index.ts";
import type { NodeType } from "../consumer/batch.ts";
import {
  createNode,
  getNodeIfInstalled,
  getQueueLocations,
  getSubscriberInfo,
  type NodeLocation,
  registerLocation,
  registerSubscriber,
  setNodeAttributes,
  unregisterSubscriber,
} from "../sql-calls/index.ts";
import { CascadeSet, refuse } from "./cascade-set.ts";
import { checkLocation } from "./check-location.ts";
import { type AdminContext, logOf } from "./context.ts";
import { findRoot, nodeAt } from "./find-root.ts";
import type { Plan, Step } from "./plan.ts";
import { endStrays } from "./subscribe.ts";

export interface CreateOptions {
  readonly type: NodeType;
  readonly name: string;
  /** Connection string under which other nodes reach this database. */
  readonly location: string;
  readonly worker: string;
  /** Connection string of any node that can be read from; null for a root. */
  readonly providerLocation: string | null;
  /** Leaf: queue of this database that its events go to. */
  readonly combinedQueue?: string | null;
  /** Branch: these nodes agree among themselves on the watermark. */
  readonly syncWatermark?: readonly string[];
  readonly checksLocation?: boolean;
}

/** Installs what is missing of the schemas, and says what is there. */
export async function installSchemas({ connections, log, signal, hooks = {} }: AdminContext): Promise<void> {
  const db = await connections.local();
  for (const schema of ["pgq", "pgq_node"]) {
    const { found } = await db.one<{ found: boolean }>("select to_regnamespace($1::text) is not null as found", [
      schema,
    ]);
    if (found) {
      log.info({}, `${schema} is installed`);
      continue;
    }
    log.info({}, `Installing ${schema}`);
    await installSchema(db, { schema, log, signal });
  }
  await hooks.beforeCreate?.({ node: db });
}

/** @throws WRONG_USE, NODE_UNKNOWN, SET_REFUSED; what connecting to another node throws */
export async function planCreate(context: AdminContext, options: CreateOptions): Promise<Plan> {
  const { type, name, location, checksLocation = true } = options;
  const { connections, queue, log } = context;
  checkOptions(options);
  const warnings = /\b(?:host|hostaddr|service)\s*=|^postgres(?:ql)?:/.test(location)
    ? []
    : [`the location "${location}" has neither host= nor service=: other machines will not reach it`];
  const local = await connections.local();
  const present = await getNodeIfInstalled(local, queue);
  if (present !== null) {
    if (present.name !== name || present.type !== type) {
      log.warn({}, `node ${present.name} of queue ${queue} is a ${present.type} and stays so`);
    }
    return { steps: [], outcome: `Node is already initialized as ${present.type}` };
  }
  if (checksLocation) await checkLocation(local, await connections.at(location));
  const parent =
    options.providerLocation === null ? null : await lookUpwards(context, options, options.providerLocation);
  return {
    warnings,
    steps: [
      { text: "install what is missing of the schemas", run: () => installSchemas(context) },
      ...(parent === null ? [] : registration(context, options, parent)),
      {
        text: `make node ${name} of queue ${queue}, a ${type}`,
        run: () => makeNode(context, options, parent),
      },
      ...(parent?.members.some((member) => member.name === name) === true ? [strayEnd(context, name)] : []),
    ],
    outcome: `Node "${name}" initialized for queue "${queue}" with type "${type}"`,
  };
}

/** @throws WRONG_USE */
function checkOptions({ type, providerLocation, combinedQueue = null, syncWatermark = [] }: CreateOptions): void {
  const wrong = (message: string, hint: string): never => {
    throw new SkytoolsError("WRONG_USE", message, { hint });
  };
  if (type === "root" && providerLocation !== null) wrong("a root has no provider", "leave --provider out");
  if (type !== "root" && providerLocation === null) {
    wrong("Please specify --provider=", "or set initial_provider_location: connection string of a root or branch");
  }
  if (combinedQueue !== null && type !== "leaf") wrong("--merge can be used only for leafs", "see create-leaf");
  if (syncWatermark.length > 0 && type !== "branch") {
    wrong("--sync-watermark can be used only for branches", "see create-branch");
  }
}

/** What the new node needs to know of those above it. */
interface Parent {
  readonly rootName: string;
  readonly rootLocation: string;
  readonly providerName: string;
  readonly providerLocation: string;
  readonly members: readonly NodeLocation[];
}

async function lookUpwards(context: AdminContext, options: CreateOptions, providerLocation: string): Promise<Parent> {
  const { name, location } = options;
  const provider = await nodeAt(context, providerLocation);
  if (provider.type === "leaf") refuse(`Cannot subscribe to leaf node: ${provider.name}`, "give a root or a branch");
  const root = await findRoot(context, providerLocation);
  const members = await getQueueLocations(await context.connections.at(root.location), context.queue);
  const same = members.find((member) => member.name === name);
  // One without a node in this database, at the same place: a run before has died half-way.
  if (same !== undefined && same.location !== location) {
    refuse(`Node '${name}' already exists`, `at another place; choose another name, or forget it: drop-node ${name}`);
  }
  return {
    rootName: root.info.name,
    rootLocation: root.location,
    providerName: provider.name,
    providerLocation,
    members,
  };
}

function registration(context: AdminContext, options: CreateOptions, parent: Parent): readonly Step[] {
  const { name, location } = options;
  const { queue, connections, log } = context;
  const isDead = false;
  return [
    {
      text: `register node ${name} on root ${parent.rootName}`,
      run: async () => {
        if (parent.members.some((member) => member.name === name && !member.isDead)) return;
        const db = await connections.at(parent.rootLocation);
        await registerLocation(db, logOf(log, parent.rootName), queue, { name, location, isDead });
      },
    },
  ];
}

/** A run before may have died with another provider. */
function strayEnd(context: AdminContext, name: string): Step {
  return {
    text: `end subscriptions that node ${name} has elsewhere`,
    run: async () => {
      await endStrays(await CascadeSet.load(context), name);
    },
  };
}

async function makeNode(context: AdminContext, options: CreateOptions, parent: Parent | null): Promise<void> {
  const { queue, connections, log } = context;
  const { type, name, location, worker, combinedQueue = null, syncWatermark = [] } = options;
  const watermark = parent === null ? null : await subscribe(context, options, parent);
  const local = await connections.local();
  const provider = parent === null ? null : await connections.at(parent.providerLocation);
  await local.transaction(async () => {
    for (const member of parent?.members ?? []) {
      if (member.name !== name) await registerLocation(local, log, queue, member);
    }
    await registerLocation(local, log, queue, { name, location, isDead: false });
    await createNode(local, log, queue, {
      type,
      name,
      worker,
      provider: parent?.providerName ?? null,
      globalWatermark: watermark,
      combinedQueue,
    });
    if (syncWatermark.length > 0) {
      const attributes = new URLSearchParams({ sync_watermark: syncWatermark.join(",") });
      await setNodeAttributes(local, log, queue, attributes.toString());
    }
    await context.hooks?.afterCreate?.({ node: local, provider, queue, nodeType: type });
  });
}

/** @returns where the node may start */
async function subscribe(
  { queue, connections, log }: AdminContext,
  { name, location, worker }: CreateOptions,
  { providerName, providerLocation }: Parent,
): Promise<bigint> {
  const db = await connections.at(providerLocation);
  const providerLog = logOf(log, providerName);
  return await db.transaction(async () => {
    const known = (await getQueueLocations(db, queue)).find((member) => member.name === name);
    if (known?.location !== location || known.isDead) {
      await registerLocation(db, providerLog, queue, { name, location, isDead: false });
    }
    const subscribers = await getSubscriberInfo(db, queue);
    const other = subscribers.find((one) => one.worker === worker && one.node !== name);
    if (other !== undefined) {
      refuse(`node ${other.node} has a worker of the name ${worker} already`, "worker names are unique in a set");
    }
    if (subscribers.some((one) => one.node === name)) await unregisterSubscriber(db, providerLog, queue, name);
    const watermark = await registerSubscriber(db, providerLog, queue, { node: name, worker, tick: null });
    if (watermark === null)
      refuse(`node ${providerName} has no global watermark`, "set it: pgq_node.set_global_watermark");
    return watermark;
  });
}
