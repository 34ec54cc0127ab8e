// How the bytes of an object are stored: first compressed, then encrypted; its name tells, by suffixes, which.
import type { ByteSource } from "./bytes.ts";
import { compress, compressionMethods, type CompressionMethod, compressionSuffixes, expand } from "./compression.ts";
import { decrypt, encrypt } from "./encryption.ts";
import type { MainKey } from "./main-key.ts";

export interface Coding {
  readonly compression: CompressionMethod;
  /** Left out: 1 for gzip, 3 for zstd. */
  readonly level?: number;
  /** Left out or null: stored in the clear. */
  readonly key?: MainKey | null;
}

export interface StoredForm {
  readonly compression: CompressionMethod;
  readonly isEncrypted: boolean;
}

const ENCRYPTED = ".enc";

/** What the name of a stored object ends in, e.g. `.zst.enc`; empty when the bytes are stored as they are. */
export function codingSuffix({ compression, key }: Coding): string {
  return compressionSuffixes[compression] + (key == null ? "" : ENCRYPTED);
}

/** The other way round: the name without the suffixes, and what they say. */
export function splitCodedName(name: string): StoredForm & { readonly plainName: string } {
  const isEncrypted = name.endsWith(ENCRYPTED);
  const inner = isEncrypted ? name.slice(0, -ENCRYPTED.length) : name;
  const compression = compressionMethods.find((one) => one !== "none" && inner.endsWith(compressionSuffixes[one]));
  if (compression === undefined) return { plainName: inner, compression: "none", isEncrypted };
  return { plainName: inner.slice(0, -compressionSuffixes[compression].length), compression, isEncrypted };
}

/** @throws CODEC_MISSING when this computer cannot compress that way */
export function encode(source: ByteSource, { compression, level, key }: Coding): ByteSource {
  const compressed = compress(source, compression, level);
  return key == null ? compressed : encrypt(compressed, key);
}

/** @throws REPOSITORY_DAMAGED, ENCRYPTION_KEY, CODEC_MISSING */
export function decode(source: ByteSource, form: StoredForm, keys: readonly MainKey[]): ByteSource {
  return expand(form.isEncrypted ? decrypt(source, keys) : source, form.compression);
}
