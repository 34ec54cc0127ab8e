// The directories of the old walmgr on the computer of the standby.
import { join } from "node:path";
import { expandHome } from "../../service/index.ts";

export interface ClassicFolders {
  /** logs.complete: finished files, and markers. */
  readonly complete: string;
  /** logs.partial */
  readonly partial: string;
  /** data.master, and data.master.0 and so on beside it. */
  readonly fullBackup: string;
  /** config.backup: *.conf of the primary. */
  readonly config: string;
}

/** `host:` in front of a path of an old file is the host of this directory itself. */
export function classicFolders(
  walmgrData: string,
  keys: Readonly<Record<"completedWals" | "partialWals" | "fullBackup" | "configBackup", string | null>>,
): ClassicFolders {
  const place = (key: string | null, name: string): string =>
    key === null ? join(walmgrData, name) : expandHome(key.replace(/^[^/:]*:/, ""));
  return {
    complete: place(keys.completedWals, "logs.complete"),
    partial: place(keys.partialWals, "logs.partial"),
    fullBackup: place(keys.fullBackup, "data.master"),
    config: place(keys.configBackup, "config.backup"),
  };
}
