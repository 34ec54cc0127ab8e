// The program `londiste`: the commands of all parts together.
import { cascadeCommands } from "../../cascade/index.ts";
import { packageVersion } from "../../pgq/index.ts";
import { commandProgram } from "../../programs/index.ts";
import { type Config, parseList } from "../../service/index.ts";
import type { RegistrationFilter } from "../admin/filter.ts";
import { nodeHooks } from "../admin/node-hooks.ts";
import { tableCommands } from "../commands/index.ts";
import { memberKeys, oldKeys } from "../commands/keys.ts";
import { fullName } from "../tables/table-info.ts";
import { workerCommand } from "../worker/index.ts";

export const londiste = commandProgram({
  name: "londiste",
  version: packageVersion(),
  summary: "replicate tables through a cascaded queue",
  sections: ["londiste", "londiste3"],
  keys: { ...memberKeys, ...oldKeys },
  openKeys: [{ pattern: "*_extra_connstr", doc: "text added to the connection string of that key" }],
  commands: [
    ...cascadeCommands({
      dbKey: "db",
      isGeneral: false,
      hooks: ({ log, config }) => nodeHooks({ log, filter: filterOf(config) }),
    }),
    workerCommand,
    ...tableCommands,
  ],
});

function filterOf(config: Config): RegistrationFilter {
  const names = (key: string): readonly string[] => parseList(config.maybe(key) ?? "").map(fullName);
  return {
    onlyTables: names("register_only_tables"),
    skipTables: names("register_skip_tables"),
    onlySequences: names("register_only_seqs"),
    skipSequences: names("register_skip_seqs"),
  };
}
