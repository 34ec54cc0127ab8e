export { repairTable } from "./repair-table.ts";
export type { RepairOptions, RowCounts, TableRepair } from "./options.ts";
