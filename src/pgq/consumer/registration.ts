// Where a consumer stands on its queue: its registration, and its moves.
import { AnswerLimit } from "../answer-limit.ts";
import type { Database } from "../database.ts";
import { limitDatabase } from "../drivers/limited.ts";
import { explainError } from "./explain-error.ts";
import type { Position, PositionContext } from "./seam.ts";
import { type SeekTarget, tickAt } from "./seek-target.ts";

export interface RegistrationParts extends Pick<PositionContext, "source" | "queue" | "consumer"> {
  readonly database: Database;
  readonly position: Position;
  readonly answerTimeoutMs: number;
}

/** Each call has the time of one answer, and errors that say what was wrong. What it does is said at Consumer. */
export class Registration {
  readonly #position: Position;
  readonly #context: PositionContext;

  constructor({ database, position, answerTimeoutMs, ...names }: RegistrationParts) {
    const limit = new AnswerLimit({ answerTimeoutMs });
    this.#position = position;
    this.#context = { ...names, database: limitDatabase(database, limit), limit };
  }

  async register(at: SeekTarget | undefined): Promise<boolean> {
    return await this.#explained(async ({ database, source }) => {
      const tickId = at === undefined ? null : await this.#tickAt(at);
      const isNew = await source.register(database, tickId);
      if (isNew || tickId !== null) await this.#moved(tickId);
      return isNew;
    });
  }

  async unregister(): Promise<boolean> {
    return await this.#explained(async ({ database, source }) => {
      const wasRegistered = await source.unregister(database);
      await this.#moved(null);
      return wasRegistered;
    });
  }

  async seek(target: SeekTarget): Promise<bigint> {
    return await this.#explained(async ({ database, source }) => {
      const tickId = await this.#tickAt(target);
      await source.register(database, tickId);
      await this.#moved(tickId);
      return tickId;
    });
  }

  async #tickAt(target: SeekTarget): Promise<bigint> {
    return await tickAt(this.#context.database, this.#context.queue, target);
  }

  async #moved(tickId: bigint | null): Promise<void> {
    await this.#position.moved?.(tickId, this.#context);
  }

  async #explained<T>(work: (context: PositionContext) => Promise<T>): Promise<T> {
    try {
      return await work(this.#context);
    } catch (error) {
      const { database, queue, consumer } = this.#context;
      throw await explainError(error, database, queue, consumer);
    }
  }
}
