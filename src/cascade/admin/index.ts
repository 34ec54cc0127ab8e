// Administration of a set, as functions: most make a plan, which is shown or run.
export { CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
export { type ChangeProviderOptions, planChangeProvider } from "./change-provider.ts";
export { type AdminContext, logOf, type NodeConnections } from "./context.ts";
export { type CreateOptions, installSchemas, planCreate } from "./create-node.ts";
export { planDropNode } from "./drop-node.ts";
export type { CreatedNode, RootChange, SetHooks } from "./hooks.ts";
export { type NodeConsumer, Pauses, setPausedAndWait } from "./pause.ts";
export { type Plan, planText, runPlan, type Step } from "./plan.ts";
export { planRename } from "./rename-node.ts";
export { planResurrect, type ResurrectOptions } from "./resurrect.ts";
export { planTagAlive, planTagDead } from "./tag-dead.ts";
export { planTakeover, type TakeoverOptions } from "./takeover.ts";
export { waitFor } from "./wait.ts";
export { waitForNode } from "./wait-ticks.ts";
