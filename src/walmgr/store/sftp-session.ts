// One SSH connection with its file transfer. Every request ends: with its answer, with the connection, or with the
// connection given up after no answer for too long. The package answers none that come after the connection's end.
import type { Client, ConnectConfig, SFTPWrapper } from "ssh2";
import { callAfter } from "../../clock/index.ts";

type Done<T> = (error?: Error | null, result?: T) => void;

const CONNECT_LIMIT_MS = 20_000;
/** A network or computer that is gone says nothing: twice so long without a sign of life ends the connection. */
const SIGN_OF_LIFE_MS = 15_000;

export class SftpSession {
  readonly #client: Client;
  readonly #answerLimitMs: number;
  readonly #waiting = new Set<(error: Error) => void>();
  #sftp: SFTPWrapper | null = null;
  #end: Error | null = null;

  private constructor(client: Client, answerLimitMs: number) {
    this.#client = client;
    this.#answerLimitMs = answerLimitMs;
    client.on("error", (error) => this.#endWith(error));
    client.on("close", () => this.#endWith(new Error("the connection was lost")));
  }

  /** Rejects with what the connection says. */
  static async open(client: Client, config: ConnectConfig, answerLimitMs: number): Promise<SftpSession> {
    const session = new SftpSession(client, answerLimitMs);
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
      const silent = (): void => this.#endWith(new Error(`no answer for ${this.#answerLimitMs / 1000} s`));
      const cancel = callAfter(this.#answerLimitMs, silent);
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

  #endWith(error: Error): void {
    if (this.#end !== null) return;
    this.#end = error;
    for (const fail of [...this.#waiting]) fail(error);
    this.#client.destroy();
  }
}
