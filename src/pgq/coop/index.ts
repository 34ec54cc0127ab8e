export { cooperativeSource, type CooperativeOptions } from "./cooperative.ts";
export { sharedSource, type SharedSourceOptions } from "./shared-source.ts";
export { orderedSource, type OrderedSourceOptions } from "./ordered-source.ts";
