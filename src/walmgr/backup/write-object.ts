// Writes one object of a backup, coded, into all stores at once, and records what is needed to check it later.
import { BackgroundSha256, BytePipe, type ByteSource, type Coding, codingSuffix, encode } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import type { BackupObject } from "./description.ts";

export interface ObjectPlan {
  /** Folder and name without the suffixes of its coding. */
  readonly folder: string;
  readonly name: string;
  readonly kind: BackupObject["kind"];
  readonly oid?: string | null;
  readonly coding: Coding;
  /** How the source's bytes are compressed already, by the server; "none" when they are as they are. */
  readonly arrivesAs?: Coding["compression"];
}

/** @throws STORE_FAILED, CODEC_MISSING, and whatever the source throws */
export async function writeObject(
  stores: readonly Store[],
  plan: ObjectPlan,
  source: ByteSource,
  signal?: AbortSignal,
): Promise<BackupObject> {
  const coding: Coding = plan.arrivesAs === undefined ? plan.coding : { ...plan.coding, compression: "none" };
  const compression = plan.arrivesAs ?? plan.coding.compression;
  const name = plan.name + codingSuffix({ compression, key: plan.coding.key ?? null });
  const hash = new BackgroundSha256();
  let storedBytes = 0;
  const tapped = tap(encode(source, coding), (bytes) => {
    storedBytes += bytes.length;
    return hash.update(bytes);
  });
  let sha256: string;
  try {
    await putEverywhere(stores, `${plan.folder}/${name}`, tapped, signal);
    sha256 = await hash.digest();
  } finally {
    hash.abandon();
  }
  return {
    name,
    kind: plan.kind,
    oid: plan.oid ?? null,
    storedBytes,
    sha256,
    compression,
    isEncrypted: plan.coding.key != null,
  };
}

/** One pass over the bytes for all stores; when one of them fails, all fail. */
export async function putEverywhere(
  stores: readonly Store[],
  name: string,
  body: ByteSource,
  signal?: AbortSignal,
): Promise<void> {
  const [only] = stores;
  if (stores.length === 1 && only !== undefined) {
    await only.put(name, body, { signal });
    return;
  }
  const pipes = stores.map(() => new BytePipe());
  const puts = stores.map((store, i) => store.put(name, pipes[i] as BytePipe, { signal }));
  const pumping = pump(body, pipes);
  const results = await Promise.allSettled([...puts, pumping]);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason as Error;
}

async function pump(body: ByteSource, pipes: readonly BytePipe[]): Promise<void> {
  try {
    for await (const bytes of body) await Promise.all(pipes.map(async (pipe) => pipe.write(bytes)));
    for (const pipe of pipes) pipe.end();
  } catch (error) {
    for (const pipe of pipes) pipe.fail(error);
    throw error;
  }
}

/** Waits where `look` gives a promise. */
async function* tap(
  source: ByteSource,
  look: (bytes: Uint8Array) => Promise<void> | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of source) {
    const slow = look(bytes);
    if (slow !== undefined) await slow;
    yield bytes;
  }
}
