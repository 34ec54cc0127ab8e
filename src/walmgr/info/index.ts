export { repositoryInfo, type RepositoryInfo, type TimelineInfo } from "./info.ts";
