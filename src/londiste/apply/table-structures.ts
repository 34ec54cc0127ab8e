// What the replay knows of the tables of this node, kept over batches.
import type { Connection } from "../../postgres/index.ts";
import { type Destination, readDestination } from "./destination.ts";

/** One for each target connection. */
export class TableStructures {
  readonly target: Connection;
  readonly #destinations = new Map<string, Destination>();
  readonly #names = new Map<string, string>();

  constructor(target: Connection) {
    this.target = target;
  }

  known(name: string): Destination | null {
    return this.#destinations.get(name) ?? null;
  }

  /** What is known of a table; read when it is not. @throws REPLICA_TABLE */
  async destination(name: string): Promise<Destination> {
    const known = this.known(name);
    if (known !== null) return known;
    const read = await readDestination(this.target, name);
    this.#destinations.set(name, read);
    return read;
  }

  /** Forgets everything, or one table: it may have been altered. */
  forget(dest?: string): void {
    if (dest === undefined) this.#destinations.clear();
    else this.#destinations.delete(dest);
  }

  /** Name under which a statement is prepared on this connection. */
  statementName(sql: string): string {
    const known = this.#names.get(sql);
    if (known !== undefined) return known;
    const name = `londiste_apply_${this.#names.size + 1}`;
    this.#names.set(sql, name);
    return name;
  }
}
