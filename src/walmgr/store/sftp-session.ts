// One SSH connection with its file transfer. Every request ends: with its answer, with the connection, or with the
// connection given up after no answer for too long, which is a moment when the program is to stop. The package answers none that come after the connection's end.
import type { Client, ConnectConfig, SFTPWrapper } from "ssh2";
import { callAfter } from "../../clock/index.ts";
import { storeStopped } from "./errors.ts";

type Done<T> = (error?: Error | null, result?: T) => void;

const CONNECT_LIMIT_MS = 20_000;
/** A network or computer that is gone says nothing: twice so long without a sign of life ends the connection. */
const SIGN_OF_LIFE_MS = 15_000;

/** Enough for the cleaning up of who is stopped, where the server is well. */
const STOPPED_LIMIT_MS = 1_000;

export interface Patience {
  readonly answerLimitMs: number;
  /** Of the store, for messages. */
  readonly description: string;
  /** The program is to stop: what does not answer soon is not waited for. */
  readonly stop?: AbortSignal | undefined;
}

export class SftpSession {
  readonly #client: Client;
  readonly #patience: Patience;
  #forgetStop: () => void = () => undefined;
  readonly #waiting = new Set<(error: Error) => void>();
  #sftp: SFTPWrapper | null = null;
  #end: Error | null = null;

  private constructor(client: Client, patience: Patience) {
    this.#client = client;
    this.#patience = patience;
    this.#watchStop(patience.stop);
    client.on("error", (error) => this.#endWith(error));
    client.on("close", () => this.#endWith(new Error("the connection was lost")));
  }

  /** Rejects with what the connection says. */
  static async open(client: Client, config: ConnectConfig, own: Patience): Promise<SftpSession> {
    const session = new SftpSession(client, own);
    await session.#answer((done) => {
      client.once("ready", () => done());
      const patience = { readyTimeout: CONNECT_LIMIT_MS, keepaliveInterval: SIGN_OF_LIFE_MS, keepaliveCountMax: 1 };
      client.connect({ ...config, ...patience });
    });
    // Else each small request waits some 40 ms for the system to acknowledge the one before.
    client.setNoDelay(true);
    session.#sftp = await session.#answer<SFTPWrapper>((done) => client.sftp(done));
    return session;
  }

  get isOpen(): boolean {
    return this.#end === null;
  }

  /** The result of one call of the package. */
  request<T = unknown>(start: (sftp: SFTPWrapper, done: Done<T>) => unknown): Promise<T> {
    return this.#answer((done) => this.#sftp !== null && start(this.#sftp, done));
  }

  /** At once: a goodbye would be waited for, and a dead server takes none. */
  close(): void {
    this.#endWith(new Error("the connection was closed"));
  }

  #answer<T = unknown>(start: (done: Done<T>) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      const { stop, answerLimitMs } = this.#patience;
      const isStopped = stop?.aborted === true;
      const silent = (): void =>
        this.#endWith(
          isStopped ? storeStopped(this.#patience.description) : new Error(`no answer for ${answerLimitMs / 1000} s`),
        );
      const cancel = callAfter(isStopped ? STOPPED_LIMIT_MS : answerLimitMs, silent);
      const fail = (error: Error): void => {
        cancel();
        this.#waiting.delete(fail);
        reject(error);
      };
      this.#waiting.add(fail);
      const finish: Done<T> = (error, result) => {
        if (error) {
          fail(error);
          return;
        }
        cancel();
        this.#waiting.delete(fail);
        resolve(result as T);
      };
      try {
        start(finish);
      } catch (error) {
        fail(error as Error); // an extension that the server does not have
      }
    });
  }

  /** What was asked before the stop has as long as what is asked after it. */
  #watchStop(stop: AbortSignal | undefined): void {
    const begin = (): void => {
      const before = [...this.#waiting];
      const end = (): void => {
        if (before.some((one) => this.#waiting.has(one))) this.#endWith(storeStopped(this.#patience.description));
      };
      this.#forgetStop = callAfter(STOPPED_LIMIT_MS, end, { isUrgent: false });
    };
    stop?.addEventListener("abort", begin, { once: true });
    this.#forgetStop = () => stop?.removeEventListener("abort", begin);
  }

  #endWith(error: Error): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#forgetStop();
    for (const fail of [...this.#waiting]) fail(error);
    this.#client.destroy();
  }
}
