export { callAfter, callAfterAbort } from "./after.ts";
export { backoffMs } from "./backoff.ts";
export { systemClock, type Clock, type MonotonicClock } from "./clock.ts";
