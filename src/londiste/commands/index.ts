// The commands about tables and sequences, in the order of the help.
import type { AnyCommand } from "../../programs/index.ts";
import { addTableCommand } from "./add-table.ts";
import { checkCommand, fkeysCommand } from "./check.ts";
import { compareCommand } from "./compare.ts";
import { conflictsCommand, skipEventCommand } from "./conflicts.ts";
import { executeCommand, skipScriptCommand } from "./execute.ts";
import { missingCommand, seqsCommand, tablesCommand } from "./lists.ts";
import { applyCommand, planCommand } from "./plan.ts";
import { repairCommand } from "./repair.ts";
import { addSeqCommand, removeSeqCommand } from "./sequences.ts";
import { showHandlersCommand } from "./show-handlers.ts";
import { changeHandlerCommand, removeTableCommand, resyncCommand } from "./tables.ts";
import { waitSyncCommand } from "./wait-sync.ts";

export const tableCommands: readonly AnyCommand[] = [
  addTableCommand,
  removeTableCommand,
  addSeqCommand,
  removeSeqCommand,
  tablesCommand,
  seqsCommand,
  missingCommand,
  checkCommand,
  fkeysCommand,
  resyncCommand,
  changeHandlerCommand,
  waitSyncCommand,
  executeCommand,
  skipScriptCommand,
  conflictsCommand,
  skipEventCommand,
  compareCommand,
  repairCommand,
  planCommand,
  applyCommand,
  showHandlersCommand,
];
