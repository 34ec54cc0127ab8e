// The transaction as one event's handler has it. The first use of an event makes a savepoint, so that an event that
// fails can be taken back alone; handlers that do not write pay nothing.
import { SkytoolsError } from "../../errors/index.ts";
import type { Executor, Parameter, Session } from "../database.ts";

/** What a handler may write through: part of the transaction in which the batch is acknowledged. */
export interface Transaction extends Executor {
  /** The driver's own object: PoolClient of pg, reserved `sql` of postgres.js. */
  readonly native: unknown;
}

const OPEN = "savepoint pgq_event";
const REOPEN = "release savepoint pgq_event";

export class EventTransaction implements Transaction {
  readonly #session: Session | null;
  #isUsed = false;
  #isOpen = false;
  #opening: Promise<unknown> = Promise.resolve();

  constructor(session: Session | null) {
    this.#session = session;
  }

  async query<R extends object>(sql: string, params: readonly Parameter[] = []): Promise<R[]> {
    const session = this.#begin();
    await this.#opening;
    return await session.query<R>(sql, params);
  }

  get native(): unknown {
    return this.#begin().native;
  }

  /** The next event begins. */
  nextEvent(): void {
    this.#isUsed = false;
  }

  /** Takes back what was done since nextEvent(). @throws what broke the session */
  async undo(): Promise<void> {
    if (!this.#isUsed) return;
    await this.#opening;
    await this.#session?.query("rollback to savepoint pgq_event");
  }

  #begin(): Session {
    const session = this.#session;
    if (session === null) {
      throw new SkytoolsError("WRONG_USE", "with this position a handler has no transaction");
    }
    if (!this.#isUsed) {
      this.#isUsed = true;
      this.#opening = this.#open(session);
      this.#opening.catch(() => undefined); // told by the statement that follows
    }
    return session;
  }

  /** The statements are sent in order, also before what the caller sends on `native` without waiting. */
  #open(session: Session): Promise<unknown> {
    const release = this.#isOpen ? session.query(REOPEN) : null;
    this.#isOpen = true;
    return Promise.all([release, session.query(OPEN)]);
  }
}
