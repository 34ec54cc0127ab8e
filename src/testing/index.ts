export { startCluster, type Cluster, type ClusterOptions } from "./cluster.ts";
export {
  DEFAULT_PORT,
  openKeptCluster,
  removeKeptCluster,
  type KeptCluster,
  type KeptClusterOptions,
} from "./kept-cluster.ts";
export { hasKeptData } from "./kept-folder.ts";
export type { StopMode } from "./server-process.ts";
export { startPostgres, type PostgresOptions, type PostgresWithPgq } from "./start-postgres.ts";
