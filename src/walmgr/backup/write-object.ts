// Writes one object of a backup, coded, into all stores at once, and records what is needed to check it later.
import { BytePipe, type ByteSource, type Coding, codingSuffix, encode } from "../codec/index.ts";
import { digesting, newDigest } from "../repository/index.ts";
import type { PutOptions, Store } from "../store/index.ts";
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
  /** Of the source, about. */
  readonly expectedBytes?: number | undefined;
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
  const stored = newDigest();
  await putEverywhere(stores, `${plan.folder}/${name}`, digesting(encode(source, coding), stored), {
    sizeBytes: plan.expectedBytes,
    signal,
  });
  return {
    name,
    form: "whole",
    kind: plan.kind,
    oid: plan.oid ?? null,
    storedBytes: stored.sizeBytes,
    checksum: stored.checksum,
    compression,
    isEncrypted: plan.coding.key != null,
  };
}

/** One pass over the bytes for all stores; when one of them fails, all fail. */
export async function putEverywhere(
  stores: readonly Store[],
  name: string,
  body: ByteSource,
  options: PutOptions = {},
): Promise<void> {
  const [only] = stores;
  if (stores.length === 1 && only !== undefined) {
    await only.put(name, body, options);
    return;
  }
  let failed: { readonly reason: unknown } | null = null;
  const fail = (reason: unknown): void => void (failed ??= { reason });
  const pipes = stores.map(() => new BytePipe());
  const puts = stores.map(async (store, i) => {
    const pipe = pipes[i] as BytePipe;
    try {
      await store.put(name, pipe, options);
    } catch (error) {
      fail(error);
      pipe.abandon(); // the store may never have begun to read
    }
  });
  const throwFailure = (): void => {
    if (failed !== null) throw failed.reason as Error;
  };
  await Promise.all([...puts, pump(body, pipes, throwFailure).catch(fail)]);
  throwFailure();
}

async function pump(body: ByteSource, pipes: readonly BytePipe[], throwFailure: () => void): Promise<void> {
  try {
    for await (const bytes of body) {
      throwFailure();
      await Promise.all(pipes.map(async (pipe) => pipe.write(bytes)));
    }
    for (const pipe of pipes) pipe.end();
  } catch (error) {
    for (const pipe of pipes) pipe.fail(error);
    throw error;
  }
}
