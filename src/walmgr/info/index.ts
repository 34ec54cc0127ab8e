export { repositoryInfo, type RepositoryInfo, type TimelineInfo } from "./info.ts";
export { type ReachableBranch, type ReachableMoments, reachableMoments } from "./reachable.ts";
