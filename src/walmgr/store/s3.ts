// Objects in an S3 bucket, by signed HTTP requests. An object appears as a whole when its upload is complete; large ones go
// up in parts. `ifAbsent` is `If-None-Match: *`, which the server must know (AWS, Ceph and MinIO do).
import { createHash } from "node:crypto";
import { SkytoolsError } from "../../errors/index.ts";
import { mapInOrder } from "../codec/index.ts";
import { objectExists, objectMissing } from "./errors.ts";
import { checkName } from "./names.ts";
import { inParts, partBytesOf } from "./s3-parts.ts";
import { type S3Answer, S3Requests, type S3Service } from "./s3-requests.ts";
import type { GetOptions, PutOptions, Store, StoreBody, StoredObject } from "./store.ts";
import { toXml, xmlValues, xmlText } from "./xml.ts";

export interface S3Options extends S3Service {
  readonly bucket: string;
  /** Begins the names of all objects, without a slash at its ends; may be empty. */
  readonly prefix: string;
  /** Parts of a large object that are on their way at once; fewer where they are large. Default 1. */
  readonly parallelParts?: number;
}

/** Of parts, in memory. */
const IN_FLIGHT_BYTES = 64 * 1024 * 1024;
const DELETE_AT_ONCE = 1000;
const EXISTS = 412;
/** Somebody else is making the same object at this moment. */
const CONFLICT = 409;

/** Putting many parts together takes a service some time. */
const COMPLETION_LIMIT_MS = 5 * 60_000;

/** By the codes of the service. */
const hints: Readonly<Record<string, string>> = {
  RequestTimeTooSkewed: "the clock of this computer is wrong: set it, and keep it right with NTP",
  InvalidAccessKeyId: "s3_access_key, or AWS_ACCESS_KEY_ID, is none that the service knows",
  SignatureDoesNotMatch: "s3_secret_key, or AWS_SECRET_ACCESS_KEY, does not belong to the access key",
  AccessDenied: "the access key may not do that: it needs to list, read, write and delete in the bucket",
  NoSuchBucket: "make the bucket, or mend its name in `repositories`",
  PermanentRedirect: "the bucket is in another region: set s3_region",
  AuthorizationHeaderMalformed: "the bucket is in another region: set s3_region",
};

export class S3Store implements Store {
  readonly features = { conditionalCreate: true, rename: false };
  readonly description: string;
  readonly #prefix: string;
  readonly #requests: S3Requests;
  readonly #parallelParts: number;

  /** @throws WRONG_USE */
  constructor({ bucket, prefix, parallelParts = 1, ...service }: S3Options) {
    this.description = `s3://${bucket}/${prefix}`;
    this.#prefix = prefix;
    this.#parallelParts = parallelParts;
    this.#requests = new S3Requests(service, bucket, this.description);
  }

  async put(
    name: string,
    body: StoreBody,
    { ifAbsent = false, sizeBytes, signal }: PutOptions = {},
  ): Promise<{ readonly sizeBytes: number }> {
    const key = this.#key(name);
    const headers: Record<string, string> = ifAbsent ? { "if-none-match": "*" } : {};
    const partBytes = partBytesOf(sizeBytes);
    const parts = inParts(body, partBytes);
    const first = (await parts.next()).value ?? Buffer.alloc(0);
    signal?.throwIfAborted();
    if (first.length < partBytes) {
      const answer = await this.#requests.send("PUT", key, "", { headers, body: first });
      await this.#requireOk(answer, name, "writing", ifAbsent);
      return { sizeBytes: first.length };
    }
    return await this.#putParts(name, key, first, parts, headers, ifAbsent);
  }

  async get(name: string, { offset = 0, length }: GetOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const isPart = offset > 0 || length !== undefined;
    const last = length === undefined ? "" : String(offset + length - 1);
    const headers: Record<string, string> = isPart ? { range: `bytes=${offset}-${last}` } : {};
    const answer = await this.#requests.send("GET", this.#key(name), "", { headers });
    if (answer.status === 416) return empty();
    await this.#requireOk(answer, name, "reading");
    return answer.body();
  }

  async stat(name: string): Promise<StoredObject | null> {
    const answer = await this.#requests.send("HEAD", this.#key(name));
    // A HEAD has no body to tell a missing bucket from a missing object, nor why it is refused: ask for the bucket then.
    if (!answer.ok) await this.#requireBucket();
    if (answer.status === 404) return null;
    await this.#requireOk(answer, name, "looking for");
    return {
      name,
      sizeBytes: Number(answer.headers.get("content-length")),
      modifiedMs: Date.parse(answer.headers.get("last-modified") ?? ""),
    };
  }

  /** An upload that was not finished is no object; a rule of the bucket ends those. */
  clearTemporary(): Promise<void> {
    return Promise.resolve();
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    const cut = this.#prefix === "" ? 0 : this.#prefix.length + 1;
    for await (const page of this.#pages(prefix)) {
      for (const item of xmlValues(page, "Contents")) {
        const name = xmlText(item, "Key").slice(cut);
        const modifiedMs = Date.parse(xmlText(item, "LastModified"));
        yield { name, sizeBytes: Number(xmlText(item, "Size")), modifiedMs };
      }
    }
  }

  async folders(folder: string): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const page of this.#pages(`${folder}/`, { delimiter: "/" })) {
      for (const item of xmlValues(page, "CommonPrefixes")) found.push(xmlText(item, "Prefix").split("/").at(-2) ?? "");
    }
    return found;
  }

  async deleteFolder(folder: string): Promise<void> {
    const names: string[] = [];
    for await (const { name } of this.list(`${folder}/`)) names.push(name);
    await this.delete(names);
  }

  async delete(names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += DELETE_AT_ONCE) {
      const keys = names
        .slice(at, at + DELETE_AT_ONCE)
        .map((name) => `<Object><Key>${toXml(this.#key(name))}</Key></Object>`);
      const body = Buffer.from(`<Delete><Quiet>true</Quiet>${keys.join("")}</Delete>`);
      const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
      const answer = await this.#requests.send("POST", "", "?delete=", { body, headers });
      await this.#requireOk(answer, names[at] ?? "", "deleting");
      const [failed] = xmlValues(await answer.text(), "Error");
      if (failed !== undefined) throw this.#failed("deleting", xmlText(failed, "Key"), xmlText(failed, "Message"));
    }
  }

  rename(): Promise<void> {
    return Promise.reject(new SkytoolsError("WRONG_USE", "an object store cannot rename"));
  }

  close(): Promise<void> {
    this.#requests.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#pages(prefix: string, more: Readonly<Record<string, string>> = {}): AsyncGenerator<string> {
    const whole = this.#prefix === "" ? prefix : `${this.#prefix}/${prefix}`;
    let token = "";
    do {
      const query = new URLSearchParams({ "list-type": "2", prefix: whole, ...more });
      if (token !== "") query.set("continuation-token", token);
      const answer = await this.#requests.send("GET", "", `?${query.toString()}`);
      await this.#requireOk(answer, prefix, "listing");
      const page = await answer.text();
      yield page;
      token = xmlText(page, "IsTruncated") === "true" ? xmlText(page, "NextContinuationToken") : "";
    } while (token !== "");
  }

  async #putParts(
    name: string,
    key: string,
    first: Buffer,
    rest: AsyncGenerator<Buffer>,
    headers: Record<string, string>,
    ifAbsent: boolean,
  ): Promise<{ readonly sizeBytes: number }> {
    const begun = await this.#requests.send("POST", key, "?uploads=");
    await this.#requireOk(begun, name, "writing");
    const upload = encodeURIComponent(xmlText(await begun.text(), "UploadId"));
    try {
      const tags: string[] = [];
      let [number, sizeBytes] = [0, 0];
      const send = async (part: Buffer): Promise<string> => {
        number += 1;
        sizeBytes += part.length;
        const query = `?partNumber=${number}&uploadId=${upload}`;
        const answer = await this.#requests.send("PUT", key, query, { body: part });
        await this.#requireOk(answer, name, "writing");
        return answer.headers.get("etag") ?? "";
      };
      for await (const tag of mapInOrder(prepend(first, rest), this.#parallel(first.length), send)) tags.push(tag);
      const list = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`).join("");
      // Not every server knows the condition here, so we look as well; small objects are made by one request that does.
      if (ifAbsent && (await this.stat(name)) !== null) throw objectExists(this.description, name);
      const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`);
      const answer = await this.#requests.send("POST", key, `?uploadId=${upload}`, {
        ...{ body, headers, answerLimitMs: COMPLETION_LIMIT_MS },
      });
      // The upload is gone when an earlier try has completed it and its answer was lost.
      if (answer.status === 404 && (await this.#isMadeOf(key, tags))) return { sizeBytes };
      await this.#requireOk(answer, name, "writing", ifAbsent);
      // The answer may begin with 200 and still tell of an error.
      const text = await answer.text();
      if (text.includes("<Error>")) throw this.#failed("writing", name, xmlText(text, "Message"));
      return { sizeBytes };
    } catch (error) {
      await this.#requests.send("DELETE", key, `?uploadId=${upload}`).catch(() => undefined);
      throw error;
    }
  }

  #parallel(partBytes: number): number {
    return Math.max(1, Math.min(this.#parallelParts, Math.floor(IN_FLIGHT_BYTES / partBytes)));
  }

  /** The tag of an object that was put together is made of those of its parts. */
  async #isMadeOf(key: string, tags: readonly string[]): Promise<boolean> {
    const found = await this.#requests.send("HEAD", key);
    const sums = tags.map((tag) => Buffer.from(tag.replaceAll('"', ""), "hex"));
    const tag = `${createHash("md5").update(Buffer.concat(sums)).digest("hex")}-${tags.length}`;
    return found.ok && found.headers.get("etag")?.replaceAll('"', "") === tag;
  }

  async #requireBucket(): Promise<void> {
    const answer = await this.#requests.send("GET", "", "?list-type=2&max-keys=1");
    await this.#requireOk(answer, "", "listing");
  }

  async #requireOk(answer: S3Answer, name: string, what: string, ifAbsent = false): Promise<void> {
    if (answer.ok) return;
    const text = await answer.text().catch(() => "");
    if (ifAbsent && (answer.status === EXISTS || answer.status === CONFLICT)) {
      throw objectExists(this.description, name);
    }
    const code = xmlText(text, "Code");
    if (answer.status === 404 && code !== "NoSuchBucket" && code !== "NoSuchUpload") {
      throw objectMissing(this.description, name);
    }
    throw this.#failed(what, name, `${answer.status} ${code} ${xmlText(text, "Message")}`.trim(), hints[code]);
  }

  #failed(what: string, name: string, reason: string, hint?: string): SkytoolsError {
    return new SkytoolsError("STORE_FAILED", `${what} ${name} failed in ${this.description}: ${reason}`, { hint });
  }

  #key(name: string): string {
    const whole = this.#prefix === "" ? checkName(name) : `${this.#prefix}/${checkName(name)}`;
    return whole;
  }
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

async function* empty(): AsyncGenerator<Uint8Array> {
  // Nothing lies behind the end of the object.
}
