// Work that needs leases, in one repository or in several.
import type { Lease, Repository } from "./types.ts";

/** Takes the leases in order and gives them back in reverse, whatever became of the work. @throws LEASE_HELD, STORE_FAILED */
export async function withLeases<T>(
  { repositories, names }: { readonly repositories: readonly Repository[]; readonly names: readonly string[] },
  work: () => Promise<T>,
): Promise<T> {
  const leases: Lease[] = [];
  try {
    for (const name of names) {
      for (const repository of repositories) leases.push(await repository.lease(name));
    }
    return await work();
  } finally {
    for (const lease of leases.reverse()) await lease.release();
  }
}
