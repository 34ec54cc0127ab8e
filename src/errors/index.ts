export { SkytoolsError, type ErrorOptions } from "./skytools-error.ts";
export { errorCodes, exitStatus, walmgrExit, type ErrorCode } from "./codes.ts";
export { nearestName } from "./nearest.ts";
export { reasonOf } from "./reason-of.ts";
