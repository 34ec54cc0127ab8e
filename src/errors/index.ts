export { SkytoolsError, type ErrorOptions } from "./skytools-error.ts";
export { errorCodes, exitStatus, walmgrExit, type ErrorCode } from "./codes.ts";
export { errnoOf, isAbsent } from "./errno-of.ts";
export { nearestName } from "./nearest.ts";
export { reasonOf } from "./reason-of.ts";
