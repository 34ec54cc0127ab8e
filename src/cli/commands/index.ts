// All commands, in the order in which the help lists them.
import { doctorCommand } from "./doctor.ts";
import { installCommand } from "./install.ts";
import { sqlCommand } from "./sql.ts";
import { uninstallCommand } from "./uninstall.ts";

export const commands = [installCommand, sqlCommand, uninstallCommand, doctorCommand];
