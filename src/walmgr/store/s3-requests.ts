// Signed requests to an S3 service. One whose connection breaks is sent again; one that is not answered is given up.
import type { AwsClient } from "aws4fetch";
import { backoffMs, callAfter, systemClock } from "../../clock/index.ts";
import { errnoOf, SkytoolsError } from "../../errors/index.ts";
import { storeFailed, storeStopped } from "./errors.ts";

export interface S3Service {
  /** Null: AWS. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly accessKey: string | null;
  readonly secretKey: string | null;
  /** Once it is aborted, nobody waits long for an answer any more. */
  readonly stop?: AbortSignal | undefined;
  /** Called when an answer is a long time coming, with what was asked. */
  readonly onSlow?: ((request: string) => void) | undefined;
  /** How long the service may be silent, milliseconds. Default 1 minute. */
  readonly answerLimitMs?: number;
}

export interface S3Request {
  readonly headers?: Record<string, string>;
  readonly body?: Buffer;
  /** For what takes the service longer than others. */
  readonly answerLimitMs?: number;
}

export interface S3Answer extends Pick<Response, "ok" | "status" | "headers"> {
  text(): Promise<string>;
  body(): AsyncGenerator<Uint8Array>;
}

type Wait = <T>(answer: Promise<T>) => Promise<T>;

interface Waiting {
  readonly what: string;
  readonly limitMs: number;
  readonly controller: AbortController;
}

/** The connection ended in the middle: the service, or what stands before it, was started anew or had no time. */
const BROKEN = ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"];
const TRIES = 5;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const ANSWER_LIMIT_MS = 60_000;
/** Enough for the cleaning up of who is stopped, where the service is well. */
const STOPPED_LIMIT_MS = 1_000;
/** A line that is slower than this, bytes a millisecond, is taken for dead. */
const SLOWEST_UPLOAD = 128;
/** Of the limit; behind it the wait is told. */
const SLOW_PART = 1 / 6;

export class S3Requests {
  readonly #service: S3Service;
  readonly #root: string;
  /** For messages. */
  readonly #description: string;
  readonly #waiting = new Set<AbortController>();
  #client: Promise<AwsClient> | null = null;

  /** @throws WRONG_USE when the endpoint is none */
  constructor(service: S3Service, bucket: string, description: string) {
    this.#service = service;
    this.#description = description;
    const endpoint = service.endpoint ?? `https://s3.${service.region}.amazonaws.com`;
    this.#root = `${checkedEndpoint(endpoint).replace(/\/$/, "")}/${bucket}`;
  }

  /** @throws STORE_FAILED, ABORTED */
  async send(method: string, key: string, query = "", request: S3Request = {}): Promise<S3Answer> {
    const { headers = {}, body, answerLimitMs = this.#service.answerLimitMs ?? ANSWER_LIMIT_MS } = request;
    const client = await (this.#client ??= this.#open());
    const path = key.split("/").map(encodeURIComponent).join("/");
    const url = `${this.#root}${path === "" ? "" : `/${path}`}${query}`;
    const what = `${method} ${key === "" ? "of the bucket" : key}`;
    const limitMs = answerLimitMs + (body?.length ?? 0) / SLOWEST_UPLOAD;
    for (let tries = 1; ; tries += 1) {
      const controller = new AbortController();
      const wait: Wait = (answer) => this.#wait(answer, { what, limitMs, controller });
      const init = { method, headers, signal: controller.signal, ...(body === undefined ? {} : { body }) };
      try {
        return this.#answer(await wait(client.fetch(url, init)), what, wait);
      } catch (error) {
        const cause = causeOf(error);
        const isLast = tries === TRIES || this.#service.stop?.aborted === true;
        if (isLast || !BROKEN.includes(errnoOf(cause) ?? "")) throw storeFailed(this.#description, what, cause);
        await systemClock.sleep(
          backoffMs(FIRST_PAUSE_MS, tries, systemClock.random(), LONGEST_PAUSE_MS),
          this.#service.stop,
        );
      }
    }
  }

  /** Ends what waits for an answer. */
  close(): void {
    for (const controller of this.#waiting) controller.abort(new Error("the store was closed"));
  }

  #answer(response: Response, what: string, wait: Wait): S3Answer {
    const { ok, status, headers } = response;
    const body = (): AsyncGenerator<Uint8Array> => this.#body(response, what, wait);
    const text = async (): Promise<string> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of body()) pieces.push(piece);
      return Buffer.concat(pieces).toString("utf8");
    };
    return { ok, status, headers, text, body };
  }

  /** Whoever takes the pieces may be slow: the limit counts only while one is waited for. */
  async *#body({ body }: Response, what: string, wait: Wait): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    const pieces = (body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await wait(pieces.next());
        if (next.done === true) return;
        yield next.value;
      }
    } catch (error) {
      throw storeFailed(this.#description, what, causeOf(error));
    } finally {
      await pieces.return?.().catch(() => undefined);
    }
  }

  async #wait<T>(answer: Promise<T>, { what, limitMs, controller }: Waiting): Promise<T> {
    const { stop, onSlow } = this.#service;
    const cancels = [
      callAfter(limitMs * SLOW_PART, () => onSlow?.(what)),
      callAfter(limitMs, () => controller.abort(this.#silent(what, limitMs))),
    ];
    const stopped = (): void => {
      const reason = storeStopped(this.#description);
      cancels.push(callAfter(STOPPED_LIMIT_MS, () => controller.abort(reason)));
    };
    if (stop?.aborted === true) stopped();
    else stop?.addEventListener("abort", stopped, { once: true });
    this.#waiting.add(controller);
    try {
      return await answer;
    } finally {
      this.#waiting.delete(controller);
      stop?.removeEventListener("abort", stopped);
      for (const cancel of cancels) cancel();
    }
  }

  #silent(what: string, limitMs: number): SkytoolsError {
    const { endpoint } = this.#service;
    const text = `${what} failed in ${this.#description}: no answer for ${Math.round(limitMs / 1000)} s`;
    return new SkytoolsError("STORE_FAILED", text, {
      hint: `${endpoint ?? "AWS"} takes connections and says nothing: look at the service, and at what stands before it`,
    });
  }

  async #open(): Promise<AwsClient> {
    const { accessKey, secretKey, region } = this.#service;
    if (accessKey === null || secretKey === null) {
      throw new SkytoolsError("STORE_FAILED", `no keys for ${this.#description}`, {
        hint: "set s3_access_key and s3_secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      });
    }
    const { AwsClient } = await import("aws4fetch");
    // It tries again by itself after errors of the server (5xx) and when it is told to slow down.
    return new AwsClient({ accessKeyId: accessKey, secretAccessKey: secretKey, region, service: "s3", retries: 4 });
  }
}

/** @throws WRONG_USE */
function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return endpoint;
  const shown = endpoint.replace(/\/\/[^@/]*@/, "//…@");
  throw new SkytoolsError("WRONG_USE", `s3_endpoint = ${shown} is not the address of an object store`, {
    hint: "it begins with https:// or http://, then come host and port: https://s3.example.com:9000; keys have keys of their own",
  });
}

/** fetch() says only "fetch failed" by itself. */
function causeOf(error: unknown): unknown {
  const isOwn = error instanceof SkytoolsError;
  return !isOwn && error instanceof Error && error.cause !== undefined ? error.cause : error;
}
