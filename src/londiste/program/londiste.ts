// The program `londiste`: the commands of all parts together.
import { packageVersion } from "../../pgq/index.ts";
import { commandProgram } from "../../programs/index.ts";
import { memberKeys } from "../commands/keys.ts";
import { tableCommands } from "../commands/index.ts";

export const londiste = commandProgram({
  name: "londiste",
  version: packageVersion(),
  summary: "replicate tables through a cascaded queue",
  sections: ["londiste", "londiste3"],
  openKeys: [{ pattern: "*_extra_connstr", doc: "text added to the connection string of that key" }],
  keys: memberKeys,
  commands: [...tableCommands],
});
