// skytools walmgr, for the help and the reference page. What runs it is programs.ts: it reads its own command line.
import { SkytoolsError } from "../../errors/index.ts";
import { command } from "../command.ts";

export const walmgrCommand = command({
  name: "walmgr",
  summary: "keep the WAL and backups of a PostgreSQL cluster, and restore any moment of it",
  args: [
    { name: "ini", doc: "configuration file with a section [walmgr]" },
    { name: "command", doc: "what to do; `skytools walmgr --help` lists them" },
  ],
  options: [],
  examples: [
    { line: "skytools walmgr /etc/walmgr.ini receive -d", doc: "receives WAL in the background" },
    { line: "skytools walmgr /etc/walmgr.ini backup", doc: "takes a backup" },
    { line: "skytools walmgr --ini > walmgr.ini", doc: "a file with all keys and what they mean" },
  ],
  run() {
    const hint = "as a process of its own: skytools walmgr …";
    return Promise.reject(new SkytoolsError("WRONG_USE", "walmgr is a program, not a command", { hint }));
  },
});
