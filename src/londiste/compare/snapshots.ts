// Pairs of sessions, one to each side, whose transactions all see the same two moments.
import type { Connection } from "../../postgres/index.ts";
import type { Agreement, CompareSide } from "./options.ts";
import { beginSnapshot, beginWith, endSnapshot, exportSnapshot, openSession } from "./session.ts";

export interface SessionPair {
  readonly source: Connection;
  readonly target: Connection;
}

export interface SnapshotOptions {
  readonly source: CompareSide;
  readonly target: CompareSide;
  readonly agree: Agreement;
}

export class Snapshots implements AsyncDisposable {
  readonly #options: SnapshotOptions;
  readonly #pairs: SessionPair[] = [];
  #isOpen = false;

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  get pairs(): readonly SessionPair[] {
    return this.#pairs;
  }

  /** At least that many pairs, without a transaction. */
  async open(count: number): Promise<readonly SessionPair[]> {
    await this.end();
    const missing = Array.from({ length: Math.max(0, count - this.#pairs.length) }, async () => {
      this.#pairs.push(await this.#openPair());
    });
    const failed = firstFailure(await Promise.allSettled(missing));
    if (failed !== null) throw failed.reason;
    return this.#pairs;
  }

  /** Ends the transactions that are open and takes two new snapshots, for that many pairs. */
  async renew(count: number): Promise<readonly SessionPair[]> {
    await this.open(count);
    const [first, ...others] = this.#pairs;
    if (first === undefined) return [];
    this.#isOpen = true;
    await beginSnapshot(first.source);
    const isAlone = others.length === 0;
    const source = isAlone ? "" : await exportSnapshot(first.source);
    await this.#options.agree(first.source);
    await beginSnapshot(first.target);
    const target = isAlone ? "" : await exportSnapshot(first.target);
    await Promise.all(others.flatMap((pair) => [beginWith(pair.source, source), beginWith(pair.target, target)]));
    return this.#pairs;
  }

  async end(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await Promise.all(this.#pairs.flatMap(({ source, target }) => [endSnapshot(source), endSnapshot(target)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    const pairs = this.#pairs.splice(0);
    await Promise.all(pairs.flatMap(({ source, target }) => [source.close(), target.close()]));
  }

  async #openPair(): Promise<SessionPair> {
    const { source, target } = this.#options;
    const [ours, theirs] = await Promise.allSettled([openSession(source.open), openSession(target.open)]);
    if (ours.status === "fulfilled" && theirs.status === "fulfilled") {
      return { source: ours.value, target: theirs.value };
    }
    for (const opened of [ours, theirs]) if (opened.status === "fulfilled") await opened.value.close();
    throw firstFailure([ours, theirs])?.reason;
  }
}

function firstFailure(results: readonly PromiseSettledResult<unknown>[]): PromiseRejectedResult | null {
  return results.find((result) => result.status === "rejected") ?? null;
}
