export { handlerOf, runStep } from "./run-step.ts";
export { readPresentNode, type PresentNode } from "./present-set.ts";
export { planSet, stepText, type PlanStep, type SetPlan } from "./steps.ts";
export { readWantedSet, type WantedNode, type WantedSet, type WantedTable } from "./wanted-set.ts";
