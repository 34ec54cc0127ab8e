// A store from its address in a configuration file. Clients of other places than directories are loaded when they are used.
import { isAbsolute } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import { DirectoryStore, type DirectoryStoreOptions } from "./directory.ts";
import type { S3Options } from "./s3.ts";
import { S3Store } from "./s3.ts";
import { type SftpOptions, SftpStore } from "./sftp.ts";
import type { Store } from "./store.ts";

export interface StoreOptions {
  readonly directory?: DirectoryStoreOptions;
  readonly s3: Omit<S3Options, "bucket" | "prefix">;
  readonly sftp: Omit<SftpOptions, "host" | "port" | "path" | "user"> & { readonly user: string | null };
}

/** `/directory`, `file:///directory`, `sftp://user@host:port/directory`, `s3://bucket/prefix`. Does not connect. @throws WRONG_USE */
export function openStore(address: string, options: StoreOptions): Store {
  if (isAbsolute(address)) return new DirectoryStore(address, options.directory);
  const url = parseAddress(address);
  const path = decodeURIComponent(url.pathname);
  if (url.protocol === "file:") return new DirectoryStore(path, options.directory);
  if (url.protocol === "s3:") {
    return new S3Store({ ...options.s3, bucket: url.hostname, prefix: path.replace(/^\/|\/$/g, "") });
  }
  if (url.protocol === "sftp:") {
    const port = url.port === "" ? 22 : Number(url.port);
    const user = url.username === "" ? options.sftp.user : decodeURIComponent(url.username);
    return new SftpStore({ ...options.sftp, host: url.hostname, port, user, path: sftpPath(path) });
  }
  throw unknown(address);
}

/** `/~/dir` is below the login's home. */
function sftpPath(path: string): string {
  return path.startsWith("/~/") ? path.slice(3) : path;
}

function parseAddress(address: string): URL {
  try {
    return new URL(address);
  } catch {
    throw unknown(address);
  }
}

function unknown(address: string): SkytoolsError {
  const shown = address.replace(/\/\/[^@/]*@/, "//…@");
  return new SkytoolsError("WRONG_USE", `"${shown}" is not the address of a repository`, {
    hint: "/directory, sftp://user@host/directory or s3://bucket/prefix",
  });
}
