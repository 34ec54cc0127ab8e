export { check, checkExits, type CheckLine, type CheckOptions, type CheckStatus, worstOf } from "./check.ts";
