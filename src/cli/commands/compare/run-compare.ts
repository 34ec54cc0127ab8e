// The work of skytools compare.
import { compareTable, comparisonJson, remarksOf } from "../../../londiste/index.ts";
import type { CommandContext } from "../../context.ts";
import { eachTable } from "./each-table.ts";

/** @returns the exit status */
export function runCompare(context: CommandContext): Promise<number> {
  return eachTable(context, async (options) => {
    const comparison = await compareTable({ ...options, isCountOnly: context.options.flag("count_only") });
    const { isEqual, undecided } = comparison;
    return {
      comparison,
      isEqual,
      text: isEqual ? "equal" : undecided > 0 ? `differs, ${undecided} undecided` : "differs",
      json: comparisonJson(comparison),
      remarks: remarksOf(comparison),
    };
  });
}
