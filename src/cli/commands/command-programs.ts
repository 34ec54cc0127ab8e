// Programs with commands of their own, for the help and the reference page. What runs them is programs.ts: they read
// their own command lines.
import { SkytoolsError } from "../../errors/index.ts";
import { command, type CommandDefinition, type CommandExample } from "../command.ts";

export const commandPrograms: readonly CommandDefinition[] = [
  entry("londiste", "replicate tables from database to database", [
    { line: "skytools londiste db1.ini add-table public.orders", doc: "one of its commands" },
    { line: "skytools londiste db1.ini worker -d", doc: "what replays, in the background" },
  ]),
  entry("setadm", "administer the nodes of a cascaded queue", [
    { line: "skytools setadm set.ini status", doc: "the tree of nodes, with their lag" },
  ]),
  entry("walmgr", "keep the WAL and backups of a PostgreSQL cluster, and restore any moment of it", [
    { line: "skytools walmgr /etc/walmgr.ini receive -d", doc: "receives WAL in the background" },
    { line: "skytools walmgr /etc/walmgr.ini backup", doc: "takes a backup" },
    { line: "skytools walmgr --ini > walmgr.ini", doc: "a file with all keys and what they mean" },
  ]),
];

function entry(name: string, summary: string, examples: readonly CommandExample[]): CommandDefinition {
  return command({
    name,
    summary,
    args: [
      { name: "ini", doc: "its configuration file" },
      { name: "command", doc: `what to do; \`skytools ${name} --help\` lists them` },
    ],
    options: [],
    examples,
    run() {
      const hint = `as a process of its own: skytools ${name} …`;
      return Promise.reject(new SkytoolsError("WRONG_USE", `${name} is a program, not a command`, { hint }));
    },
  });
}
