// The program setadm: administration of a set whose consumers are not Londiste.
import { packageVersion } from "../pgq/index.ts";
import { commandProgram } from "../programs/index.ts";
import { defineOption, runProgram } from "../service/index.ts";
import { cascadeCommands } from "./commands/index.ts";

export const setadm = commandProgram({
  name: "setadm",
  version: packageVersion(),
  summary: "administration of cascaded queues",
  sections: ["cascade_admin", "setadm"],
  keys: {
    nodeDb: defineOption({
      name: "node_db",
      type: "text",
      programs: ["setadm"],
      secret: true,
      placeholder: "CONNSTR",
      doc: "connection string of the node's database",
    }),
  },
  openKeys: [{ pattern: "*_extra_connstr", doc: "added to connection strings" }],
  commands: cascadeCommands({ dbKey: "node_db", isGeneral: true }),
});

/** @returns the exit status */
export function runSetadm(argv: readonly string[]): Promise<number> {
  return runProgram(setadm, argv);
}
