export { backoffMs } from "./backoff.ts";
export { systemClock, type Clock } from "./clock.ts";
