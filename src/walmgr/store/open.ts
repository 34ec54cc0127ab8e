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
  const path = decoded(url.pathname, address);
  const isPlain = url.username === "" && url.port === "";
  if (url.protocol === "file:" && url.hostname === "") return new DirectoryStore(path, options.directory);
  if (url.protocol === "s3:" && url.hostname !== "" && isPlain) {
    return new S3Store({ ...options.s3, bucket: url.hostname, prefix: path.replace(/^\/|\/$/g, "") });
  }
  if (url.protocol === "sftp:" && url.hostname !== "") {
    if (url.password !== "") throw hasPassword(address);
    const port = url.port === "" ? 22 : Number(url.port);
    const user = url.username === "" ? options.sftp.user : decoded(url.username, address);
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    return new SftpStore({ ...options.sftp, host, port, user, path: sftpPath(path) });
  }
  throw unknown(address);
}

/** `/~/dir` is below the login's home. */
function sftpPath(path: string): string {
  return path.startsWith("/~/") ? path.slice(3) : path;
}

function parseAddress(address: string): URL {
  try {
    // In the name of a directory these two separate nothing.
    return new URL(address.replaceAll("?", "%3F").replaceAll("#", "%23"));
  } catch {
    throw unknown(address);
  }
}

function decoded(text: string, address: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unknown(address, "write %25 for a percent sign, which is %%25 in a configuration file");
  }
}

function hasPassword(address: string): SkytoolsError {
  return unknown(address, "sftp logs in with a key, not with a password: see sftp_private_key");
}

function unknown(
  address: string,
  hint = "/directory, sftp://user@host/directory or s3://bucket/prefix; where an object store is, s3_endpoint says",
): SkytoolsError {
  const shown = address.replace(/\/\/[^@/]*@/, "//…@");
  return new SkytoolsError("WRONG_USE", `"${shown}" is not the address of a repository`, { hint });
}
