// A set as the own node knows it: its members, and connections to them.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import {
  getNodeIfInstalled,
  getNodeInfo,
  getQueueLocations,
  type NodeInfo,
  type NodeLocation,
} from "../sql-calls/index.ts";
import { type AdminContext, logOf } from "./context.ts";

/** A living member with what its database says of it. */
export interface LiveNode extends NodeInfo {
  readonly location: string;
}

export class CascadeSet {
  readonly context: AdminContext;
  /** Name of the own node. */
  readonly localName: string;
  readonly #members: Map<string, NodeLocation>;

  private constructor(context: AdminContext, localName: string, members: readonly NodeLocation[]) {
    this.context = context;
    this.localName = localName;
    const { assumedDead = [] } = context;
    this.#members = new Map(
      members.map((member) => [member.name, assumedDead.includes(member.name) ? { ...member, isDead: true } : member]),
    );
  }

  /** @throws NODE_UNKNOWN when the own database has no node of the queue */
  static async load(context: AdminContext): Promise<CascadeSet> {
    const { queue, connections } = context;
    const db = await connections.local();
    const info = await getNodeIfInstalled(db, queue);
    if (info === null) {
      throw new SkytoolsError("NODE_UNKNOWN", `there is no node of queue ${queue} in this database`, {
        hint: "make one with create-root, create-branch or create-leaf; or is it another queue_name?",
      });
    }
    return new CascadeSet(context, info.name, await getQueueLocations(db, queue));
  }

  get queue(): string {
    return this.context.queue;
  }

  /** By name. */
  get members(): readonly NodeLocation[] {
    return [...this.#members.values()];
  }

  get livingNames(): readonly string[] {
    return this.members.filter(({ isDead }) => !isDead).map(({ name }) => name);
  }

  /** @throws NODE_UNKNOWN */
  member(name: string): NodeLocation {
    const found = this.#members.get(name);
    if (found !== undefined) return found;
    throw new SkytoolsError("NODE_UNKNOWN", `queue ${this.queue} has no node ${name}`, {
      hint: `known: ${[...this.#members.keys()].join(", ")}`,
    });
  }

  isDead(name: string): boolean {
    return this.#members.get(name)?.isDead ?? false;
  }

  /** From now on, for this run. */
  markDead(name: string, isDead = true): void {
    this.#members.set(name, { ...this.member(name), isDead });
  }

  /** Takes a member out that is no more. */
  forget(name: string): void {
    this.#members.delete(name);
  }

  /** @throws NODE_UNKNOWN; what connecting throws, with the node's name */
  async connect(name: string): Promise<Connection> {
    const { location } = this.member(name);
    if (name === this.localName) return await this.context.connections.local();
    try {
      return await this.context.connections.at(location);
    } catch (error) {
      if (!(error instanceof SkytoolsError)) throw error;
      throw new SkytoolsError(error.code, `node ${name}: ${error.message}`, {
        hint: [
          ...(error.hint === undefined ? [] : [error.hint]),
          `a node that is lost is marked by: tag-dead ${name}`,
        ].join("; "),
        cause: error,
      });
    }
  }

  logOf(name: string): Logger {
    return name === this.localName ? this.context.log : logOf(this.context.log, name);
  }

  /** @throws NODE_UNKNOWN when its database has no such node; what connecting throws */
  async info(name: string): Promise<LiveNode> {
    const info = await getNodeInfo(await this.connect(name), this.queue);
    if (info === null || info.name !== name) {
      const other = info === null ? "no node of the queue" : `node ${info.name}`;
      throw new SkytoolsError("NODE_UNKNOWN", `the database of node ${name} has ${other}`, {
        hint: `its location is wrong, or it was dropped: drop-node ${name}`,
      });
    }
    return { ...info, location: this.member(name).location };
  }

  /** All living members that answer; of the others it is logged. */
  async liveNodes(): Promise<readonly LiveNode[]> {
    const found = await Promise.all(
      this.livingNames.map(async (name) => {
        try {
          return await this.info(name);
        } catch (error) {
          this.context.log.warn({ node: name }, `Node '${name}' failure: ${firstLine(error)}`);
          return null;
        }
      }),
    );
    return found.filter((node) => node !== null);
  }

  /** All living members. @throws when one of them does not answer */
  async requireAllLive(): Promise<readonly LiveNode[]> {
    return await Promise.all(this.livingNames.map((name) => this.info(name)));
  }
}

export function firstLine(error: unknown): string {
  const text = reasonOf(error);
  return text.split("\n", 1)[0] ?? "";
}

/** @throws SET_REFUSED always */
export function refuse(message: string, hint?: string): never {
  throw new SkytoolsError("SET_REFUSED", message, { hint });
}
