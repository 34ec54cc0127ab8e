// Servers under test.
import { type Cluster, type ClusterOptions, startCluster } from "../../src/testing/index.ts";

/**
 * A server with autovacuum on, but asleep: nothing is left to chance. Its transactions would hold back rotation now and
 * then, and be the last commit in the WAL where a test means its own.
 */
export function startQuietCluster(options: ClusterOptions): Promise<Cluster> {
  return startCluster({ ...options, settings: { autovacuum_naptime: "'1d'", ...options.settings } });
}
