export { parseVerifyResult } from "./findings.ts";
export type { Finding, VerifyLevel, VerifyResult } from "./findings.ts";
export { restoreTest, type RestoreTestOptions, type RestoreTestResult } from "./restore-test.ts";
export { verify, VERIFY_RESULT, type VerifyOptions } from "./verify.ts";
