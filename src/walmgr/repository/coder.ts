// How segments are stored: as they are, or compressed and encrypted.
import type { Coding, MainKey } from "../codec/index.ts";
import { codingSuffix, decode, encode, splitCodedName } from "../codec/index.ts";

export interface WalCoder {
  /** What the names of new objects end in. */
  readonly suffix: string;
  /** Bytes are stored as they are. */
  readonly isPlain: boolean;
  encode(plain: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** By the suffixes of the object's name. */
  decode(stored: AsyncIterable<Uint8Array>, object: string): AsyncIterable<Uint8Array>;
}

export function walCoder(coding: Coding, keys: readonly MainKey[]): WalCoder {
  const suffix = codingSuffix(coding);
  return {
    suffix,
    isPlain: suffix === "",
    encode: (plain) => (suffix === "" ? plain : encode(plain, coding)),
    decode(stored, object) {
      const form = splitCodedName(object);
      return form.compression === "none" && !form.isEncrypted ? stored : decode(stored, form, keys);
    },
  };
}
