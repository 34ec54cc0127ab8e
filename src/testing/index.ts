export { startCluster, type Cluster, type ClusterOptions } from "./cluster.ts";
export {
  DEFAULT_PORT,
  hasKeptData,
  openKeptCluster,
  removeKeptCluster,
  type KeptCluster,
  type KeptClusterOptions,
} from "./kept-cluster.ts";
export type { StopMode } from "./server-process.ts";
export { startPostgres, type PostgresOptions, type PostgresWithPgq } from "./start-postgres.ts";
