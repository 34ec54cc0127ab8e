export { startCluster, type Cluster, type ClusterOptions, type StopMode } from "./cluster.ts";
