export { startCluster, type Cluster, type ClusterOptions, type StopMode } from "./cluster.ts";
export { startPostgres, type PostgresOptions, type PostgresWithPgq } from "./start-postgres.ts";
