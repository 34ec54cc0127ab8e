// The argument that changes settings, and its documentation from the table of settings.
import { settingDefinitions } from "../../../pgq/index.ts";
import type { CommandArgument } from "../../command.ts";

const list = settingDefinitions.map(({ column, doc }) => `${column} (${doc})`).join(", ");

export const settingsArgument: CommandArgument = {
  name: "name=value",
  doc: `settings: ${list}; durations as 500ms, 3s, 2h`,
  isVariadic: true,
};
