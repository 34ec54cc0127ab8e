// The names of chunks. A name tells what the bytes are, to whom has the key where there is one: so the same bytes are stored
// once, and bytes that do not fit their name are damaged.
import { subtle } from "node:crypto";
import { type Coding, codingSuffix, type MainKey } from "../codec/index.ts";

export const CHUNK_FOLDER = "chunk";
const NAME = /^[0-9a-f]{64}(\.[a-z0-9]+)*$/;

/** 64 hexadecimal digits and the suffixes of the coding. Made in another thread. */
export async function chunkName(plain: Uint8Array, coding: Coding): Promise<string> {
  return (await digits(plain, coding.key ?? null)) + codingSuffix(coding);
}

/** Whether these are the bytes that the chunk was named after, with one of the keys. */
export async function isChunkNamed(name: string, plain: Uint8Array, keys: readonly MainKey[]): Promise<boolean> {
  const wanted = name.slice(0, 64);
  for (const key of name.endsWith(".enc") ? keys : [null]) if ((await digits(plain, key)) === wanted) return true;
  return false;
}

export function isChunkName(text: string): boolean {
  return NAME.test(text);
}

/** Where it lies in a repository. */
export function chunkObject(name: string): string {
  return `${CHUNK_FOLDER}/${name.slice(0, 2)}/${name}`;
}

/** The other way round; null: no chunk. */
export function chunkOfObject(object: string): string | null {
  const name = object.slice(object.lastIndexOf("/") + 1);
  return isChunkName(name) && object === chunkObject(name) ? name : null;
}

async function digits(plain: Uint8Array, key: MainKey | null): Promise<string> {
  if (key !== null) return await key.nameOf(plain);
  return Buffer.from(await subtle.digest("SHA-256", plain)).toString("hex");
}
