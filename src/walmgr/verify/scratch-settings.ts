// Settings of the server of a test restore: whatever its configuration says, it starts on this computer, lets us in and
// nobody else, and reaches nothing outside of its folder.
import { lstat, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseControl } from "../formats/index.ts";
import type { ConfigFile, FileOwner } from "../restore/index.ts";

const FIXED = {
  ssl: "off",
  // Nobody reads while it recovers; so it needs no more connections and workers than it has.
  hot_standby: "off",
  // Of the old computer: its memory, its languages, its libraries for sessions.
  shared_buffers: "128MB",
  huge_pages: "try",
  lc_messages: "C",
  session_preload_libraries: "",
  local_preload_libraries: "",
  // Its words come to the file that is read when it ends.
  logging_collector: "off",
  log_destination: "stderr",
  log_min_messages: "warning",
  // Of the old server's surroundings.
  external_pid_file: "",
  archive_mode: "off",
  archive_cleanup_command: "",
  recovery_end_command: "",
  max_logical_replication_workers: "0",
  // Of pg_cron, which would reach for any server that listens on localhost.
  "cron.launch_active_jobs": "off",
  statement_timeout: "0",
  default_transaction_read_only: "off",
} as const;

export interface ScratchServer {
  /** For files that belong to the server and to no cluster. */
  readonly folder: string;
  readonly dataDirectory: string;
  /** Stored beside the backup: used where the data directory has no postgresql.conf. */
  readonly configFiles: readonly ConfigFile[];
  readonly owner: FileOwner;
}

export async function scratchSettings(server: ScratchServer): Promise<Readonly<Record<string, string>>> {
  const { dataDirectory } = server;
  const control = parseControl(await readFile(join(dataDirectory, "global/pg_control")));
  const hasConfig = (await lstat(join(dataDirectory, "postgresql.conf")).catch(() => null)) !== null;
  return {
    ...FIXED,
    max_prepared_transactions: String(control.maxPreparedTransactions),
    max_locks_per_transaction: String(control.maxLocksPerTransaction),
    // The socket is in a folder that only the server's user can enter.
    hba_file: await put(server, "pg_hba.conf", "local all all trust\n"),
    ident_file: await put(server, "pg_ident.conf", ""),
    ...(hasConfig ? {} : { config_file: await put(server, "postgresql.conf", storedConfig(server)) }),
  };
}

/** Without what it includes, which was not stored. */
function storedConfig({ configFiles }: ScratchServer): string {
  const text = configFiles.find(({ name }) => name === "postgresql.conf")?.bytes.toString("utf8") ?? "";
  return text.replaceAll(/^[ \t]*include(_dir|_if_exists)?\b/gm, "# $&");
}

async function put({ folder, owner }: ScratchServer, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  await owner.take(path);
  return path;
}
