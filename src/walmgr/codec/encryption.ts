// AES-256-GCM for whole objects, in parts so that there is no limit of size and nothing unverified waits for long.
//
//   header, 128 bytes: "SKYENC1\n", part size (uint32, big endian), main key's id (8), wrapped object key (60: nonce 12,
//                      key 32, tag 16), nonce prefix (7), zeros
//   parts:             ciphertext of at most the part size, then its tag (16)
//
// The header is authenticated with every part (GCM's additional data). The nonce of a part is prefix, number of the part (uint32, big endian), 1 for the last part or 0. So parts cannot be
// dropped, repeated or put in another order. GCM is AES in counter mode with a check: openssl's aes-256-ctr with the
// counter starting at nonce, 00000002 decrypts a part (docs/explain/repository-format.md).
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { SkytoolsError } from "../../errors/index.ts";
import { ByteQueue } from "./byte-queue.ts";
import { type ByteSource, inBlocks } from "./bytes.ts";
import { KEY_BYTES, KEY_ID_BYTES, type MainKey, NONCE_BYTES, TAG_BYTES } from "./main-key.ts";

const MAGIC = "SKYENC1\n";
const HEADER_BYTES = 128;
const PART_BYTES = 4 * 1024 * 1024;
const PREFIX_BYTES = 7;
const KEY_ID_AT = 12;
const WRAPPED_AT = KEY_ID_AT + KEY_ID_BYTES;
const PREFIX_AT = WRAPPED_AT + NONCE_BYTES + KEY_BYTES + TAG_BYTES;
/** Above this a header is not ours. */
const MAX_PART_BYTES = 256 * 1024 * 1024;

interface ObjectKey {
  readonly key: Buffer;
  readonly prefix: Buffer;
  readonly header: Buffer;
}

export async function* encrypt(source: ByteSource, mainKey: MainKey): AsyncGenerator<Uint8Array> {
  const key = randomBytes(KEY_BYTES);
  const prefix = randomBytes(PREFIX_BYTES);
  const header = makeHeader(mainKey, key, prefix);
  const object: ObjectKey = { key, prefix, header };
  yield header;
  let number = 0;
  let waiting: Buffer = Buffer.alloc(0);
  for await (const part of inBlocks(source, PART_BYTES)) {
    if (number > 0) yield* encryptPart(object, nonceOf(prefix, number - 1, false), waiting);
    waiting = part;
    number += 1;
  }
  yield* encryptPart(object, nonceOf(prefix, Math.max(0, number - 1), true), waiting);
}

/**
 * @throws ENCRYPTION_KEY when no key fits; REPOSITORY_DAMAGED when bytes were changed, lost or added
 */
export async function* decrypt(source: ByteSource, keys: readonly MainKey[]): AsyncGenerator<Uint8Array> {
  const input = new ByteQueue(source);
  try {
    const { partBytes, ...object } = openHeader(await input.takeUpTo(HEADER_BYTES), keys);
    for (let number = 0; ; number += 1) {
      const part = await input.takeUpTo(partBytes + TAG_BYTES);
      const isLast = !(await input.fill(1));
      yield decryptPart(object, nonceOf(object.prefix, number, isLast), part);
      if (isLast) return;
    }
  } finally {
    await input.close();
  }
}

/** Id of the main key that an encrypted object needs, from its first 128 bytes. Null: not an encrypted object. */
export function keyIdOf(header: Buffer): string | null {
  if (header.length < HEADER_BYTES || header.toString("latin1", 0, MAGIC.length) !== MAGIC) return null;
  return header.toString("hex", KEY_ID_AT, WRAPPED_AT);
}

function makeHeader(mainKey: MainKey, key: Buffer, prefix: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 0, "latin1");
  header.writeUInt32BE(PART_BYTES, MAGIC.length);
  header.write(mainKey.id, KEY_ID_AT, "hex");
  mainKey.wrap(key).copy(header, WRAPPED_AT);
  prefix.copy(header, PREFIX_AT);
  return header;
}

function openHeader(header: Buffer, keys: readonly MainKey[]): ObjectKey & { readonly partBytes: number } {
  const id = keyIdOf(header);
  const partBytes = id === null ? 0 : header.readUInt32BE(MAGIC.length);
  if (id === null || partBytes === 0 || partBytes > MAX_PART_BYTES) {
    throw new SkytoolsError("REPOSITORY_DAMAGED", "an encrypted object does not begin as one");
  }
  const mainKey = keys.find((one) => one.id === id);
  if (mainKey === undefined) {
    throw new SkytoolsError("ENCRYPTION_KEY", `the object was encrypted with key ${id}, which was not given`, {
      hint: "give the key that was in use when the object was written; old keys may stand in the key file, or be printed by the command, below the new one, one a line",
    });
  }
  const prefix = header.subarray(PREFIX_AT, PREFIX_AT + PREFIX_BYTES);
  return { key: mainKey.unwrap(header.subarray(WRAPPED_AT, PREFIX_AT)), prefix, header, partBytes };
}

function nonceOf(prefix: Buffer, number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  prefix.copy(nonce);
  nonce.writeUInt32BE(number, PREFIX_BYTES);
  nonce[NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
}

function* encryptPart({ key, header }: ObjectKey, nonce: Buffer, part: Buffer): Generator<Buffer> {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(header);
  yield cipher.update(part);
  cipher.final();
  yield cipher.getAuthTag();
}

function decryptPart({ key, header }: ObjectKey, nonce: Buffer, part: Buffer): Buffer {
  if (part.length < TAG_BYTES) throw damagedPart();
  const cipher = createDecipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(header);
  cipher.setAuthTag(part.subarray(part.length - TAG_BYTES));
  const plain = cipher.update(part.subarray(0, part.length - TAG_BYTES));
  try {
    cipher.final();
  } catch (error) {
    throw damagedPart(error);
  }
  return plain;
}

function damagedPart(cause?: unknown): SkytoolsError {
  return new SkytoolsError("REPOSITORY_DAMAGED", "an encrypted object was changed or cut off", { cause });
}
