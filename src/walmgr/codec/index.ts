export { asBuffer, bytesOf, type ByteSource, inBlocks, mapInOrder, readAll } from "./bytes.ts";
export { type Checksum, type ChecksumAlgorithm, checksumAlgorithms, createChecksum } from "./checksum.ts";
export { type Coding, codingSuffix, decode, encode, splitCodedName, type StoredForm } from "./coding.ts";
export { type CompressionMethod, compressionMethods, expand, expandCut, expandLent } from "./compression.ts";
export { crc32c } from "./crc32c.ts";
export { keyIdOf } from "./encryption.ts";
export { BytePipe } from "./pipe.ts";
export { MainKey, parseMainKey, parseMainKeys } from "./main-key.ts";
export { StreamChecksum } from "./stream-checksum.ts";
