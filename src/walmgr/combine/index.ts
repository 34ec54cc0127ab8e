export { combineBackup, planCombine } from "./combine.ts";
export type { CombinePlan, CombineRequest, CombineResult } from "./request.ts";
