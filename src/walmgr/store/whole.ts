// Small objects as a whole: texts and JSON.
import { isMissing } from "./errors.ts";
import type { Store } from "./store.ts";

/** Null when there is no such object. @throws STORE_FAILED */
export async function readText(store: Store, name: string): Promise<string | null> {
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of await store.get(name)) pieces.push(piece);
    return Buffer.concat(pieces).toString("utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** @throws STORE_OBJECT_EXISTS with `ifAbsent`, STORE_FAILED */
export async function writeText(
  store: Store,
  name: string,
  text: string,
  options: { readonly ifAbsent?: boolean } = {},
): Promise<void> {
  const bytes = Buffer.from(text, "utf8");
  await store.put(name, [bytes], { ...options, sizeBytes: bytes.length });
}
