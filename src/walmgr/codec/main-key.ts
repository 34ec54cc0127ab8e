// The main key of a repository: 32 bytes that encrypt the keys of the single objects. It never goes into the repository.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  subtle,
  type webcrypto,
} from "node:crypto";
import { SkytoolsError } from "../../errors/index.ts";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
export const KEY_ID_BYTES = 8;

/** Opaque: does not show the key when it is printed. */
export class MainKey {
  readonly #bytes: Buffer;
  /** Names the key without telling it: the first 8 bytes of a SHA-256, hex. */
  readonly id: string;
  #namingKey: Promise<webcrypto.CryptoKey> | null = null;

  constructor(bytes: Uint8Array) {
    if (bytes.length !== KEY_BYTES) throw wrongKeyText();
    this.#bytes = Buffer.from(bytes);
    this.id = createHash("sha256").update("skytools main key\0").update(this.#bytes).digest("hex").slice(0, 16);
  }

  /** Encrypts an object's key: nonce, encrypted key, tag. */
  wrap(objectKey: Uint8Array): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#bytes, nonce);
    const wrapped = Buffer.concat([cipher.update(objectKey), cipher.final()]);
    return Buffer.concat([nonce, wrapped, cipher.getAuthTag()]);
  }

  /** @throws ENCRYPTION_KEY when it was wrapped by another key */
  unwrap(wrapped: Uint8Array): Buffer {
    const cipher = createDecipheriv("aes-256-gcm", this.#bytes, wrapped.subarray(0, NONCE_BYTES));
    cipher.setAuthTag(wrapped.subarray(NONCE_BYTES + KEY_BYTES));
    try {
      const key = cipher.update(wrapped.subarray(NONCE_BYTES, NONCE_BYTES + KEY_BYTES));
      return Buffer.concat([key, cipher.final()]);
    } catch (error) {
      throw new SkytoolsError("ENCRYPTION_KEY", "the key does not open this object", { cause: error });
    }
  }

  /**
   * A name for bytes, 64 hexadecimal digits: who has the key gets the same for the same bytes, and nobody else can tell
   * whether they are some that he knows. Made in another thread.
   */
  async nameOf(bytes: Uint8Array): Promise<string> {
    const key = await (this.#namingKey ??= this.#deriveNamingKey());
    return Buffer.from(await subtle.sign("HMAC", key, bytes)).toString("hex");
  }

  async #deriveNamingKey(): Promise<webcrypto.CryptoKey> {
    const derived = createHmac("sha256", this.#bytes).update("skytools chunk names").digest();
    return await subtle.importKey("raw", derived, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  }
}

/** Reads 64 hex digits or 44 characters of base64, as `openssl rand -hex 32` and `-base64 32` make them. @throws ENCRYPTION_KEY */
export function parseMainKey(text: string): MainKey {
  const word = text.trim();
  if (/^[0-9a-f]{64}$/i.test(word)) return new MainKey(Buffer.from(word, "hex"));
  if (/^[A-Za-z0-9+/]{43}=$/.test(word)) return new MainKey(Buffer.from(word, "base64"));
  throw wrongKeyText();
}

/** Of a key file, one a line: the first encrypts what is written, all of them read. @throws ENCRYPTION_KEY */
export function parseMainKeys(text: string): readonly MainKey[] {
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line));
  return lines.length === 0 ? [parseMainKey(text)] : lines.map(parseMainKey);
}

function wrongKeyText(): SkytoolsError {
  return new SkytoolsError("ENCRYPTION_KEY", "the encryption key is not 32 bytes as hex or base64", {
    hint: "make one with: openssl rand -hex 32",
  });
}
