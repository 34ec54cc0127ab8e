// How segments are stored: as they are, or compressed and encrypted.
import { SkytoolsError } from "../../errors/index.ts";
import type { Coding, MainKey } from "../codec/index.ts";
import { bytesOf, codingSuffix, decode, encode, keyIdOf, readAll, splitCodedName } from "../codec/index.ts";

export interface WalCoder {
  /** What the names of new objects end in. */
  readonly suffix: string;
  /** Bytes are stored as they are. */
  readonly isPlain: boolean;
  encode(plain: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** By the suffixes of the object's name. */
  decode(stored: AsyncIterable<Uint8Array>, object: string): AsyncIterable<Uint8Array>;
  /** For a few bytes of WAL that stand beside their object: as they are, or encrypted. */
  seal(plain: Buffer): Promise<Buffer>;
  /** Null: the key was not given. */
  unseal(sealed: Buffer): Promise<Buffer | null>;
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
    seal: async (plain) =>
      coding.key == null ? plain : await readAll(encode(bytesOf(plain), { ...coding, compression: "none" })),
    async unseal(sealed) {
      if (keyIdOf(sealed) === null) return sealed;
      try {
        return await readAll(decode(bytesOf(sealed), { compression: "none", isEncrypted: true }, keys));
      } catch (error) {
        if (error instanceof SkytoolsError && error.code === "ENCRYPTION_KEY") return null;
        throw error;
      }
    },
  };
}
