// Cases where we give something else than the reference, because chapter 12 of the specification asks for it.
import type { TriggerCase } from "./trigger-cases.ts";
export const triggerDeviations: Readonly<Record<string, { result: Partial<TriggerCase> }>> = {};
