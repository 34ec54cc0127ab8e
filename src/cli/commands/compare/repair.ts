// skytools repair: makes the tables of a database equal to those of another, or writes down what would be done.
import { defineOption } from "../../../service/index.ts";
import { command } from "../../command.ts";
import { compareArgs, compareOptions } from "./options.ts";

const programs = ["repair"];

const apply = defineOption({
  name: "apply",
  type: "bool",
  default: false,
  programs,
  doc: "change the rows, instead of writing the statements to fix.<schema.table>.sql",
});

const noTriggers = defineOption({
  name: "no_triggers",
  type: "bool",
  default: false,
  programs,
  doc: "the target's triggers and foreign keys do not see the changes; needs the right to set session_replication_role",
});

export const repairCommand = command({
  name: "repair",
  summary: "make the tables of a database equal to those of another",
  args: compareArgs,
  options: [...compareOptions, apply, noTriggers],
  examples: [
    {
      line: "skytools repair shop.orders --source dbname=old --db dbname=new",
      doc: "write fix.shop.orders.sql; exit status 3 when there is something to do",
    },
    {
      line: "skytools repair --apply --no-triggers --source dbname=old --db dbname=new",
      doc: "change all tables; exit status 3 when something still differs",
    },
  ],
  run: async (context) => await (await import("./run-repair.ts")).runRepair(context),
});
