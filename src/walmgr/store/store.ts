// The one interface over places that keep objects: a directory, a server behind ssh, an S3 bucket. Names are relative
// paths with "/" between their parts. Whatever has a name is whole: a put that fails leaves nothing under the name.

/** Bytes of an object, cut anywhere. */
export type StoreBody = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface StoredObject {
  readonly name: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, by the store's clock. */
  readonly modifiedMs: number;
}

export interface StoreFeatures {
  /** `ifAbsent` is decided by the store itself, also between two machines. */
  readonly conditionalCreate: boolean;
  /** `rename` works and is atomic. */
  readonly rename: boolean;
}

export interface PutOptions {
  /** Fails with STORE_OBJECT_EXISTS when the name is taken. */
  readonly ifAbsent?: boolean;
  /** Its size, or about; lets a store choose how to send. */
  readonly sizeBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GetOptions {
  readonly offset?: number;
  readonly length?: number;
}

/** Closed by whoever opened it. */
export interface Store extends AsyncDisposable {
  /** For messages; holds no secret. */
  readonly description: string;
  readonly features: StoreFeatures;
  /** Resolves once the object is durable. @throws STORE_OBJECT_EXISTS, STORE_FAILED */
  put(name: string, body: StoreBody, options?: PutOptions): Promise<{ readonly sizeBytes: number }>;
  /** @throws STORE_OBJECT_MISSING, STORE_FAILED; the iteration too may throw STORE_FAILED */
  get(name: string, options?: GetOptions): Promise<AsyncIterable<Uint8Array>>;
  /** Null when there is no such object. @throws STORE_FAILED when that cannot be told */
  stat(name: string): Promise<StoredObject | null>;
  /** All objects whose names begin with the prefix, in order of their names. @throws STORE_FAILED */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Names of the folders right in a folder, in order; nothing deeper is looked at. @throws STORE_FAILED */
  folders(folder: string): Promise<readonly string[]>;
  /** Names that are not there count as deleted. @throws STORE_FAILED */
  delete(names: readonly string[]): Promise<void>;
  /** All that is below a folder, and the folder, if there is one; nobody may write into it meanwhile. @throws STORE_FAILED */
  deleteFolder(folder: string): Promise<void>;
  /** Removes what writers who were killed have left under names that nothing lists, unless it is newer. @throws STORE_FAILED */
  clearTemporary(prefix: string, beforeMs: number): Promise<void>;
  /** Only with `features.rename`. Replaces `to`. @throws STORE_OBJECT_MISSING, STORE_FAILED */
  rename(from: string, to: string): Promise<void>;
  close(): Promise<void>;
}
