// Work that needs leases, in one repository or in several.
import type { Lease, Repository } from "./types.ts";

export interface LeaseWish {
  readonly repositories: readonly Repository[];
  readonly names: readonly string[];
  /** Ends the waiting for them. */
  readonly signal?: AbortSignal | undefined;
}

/** All leases of a work as one. */
export type HeldLeases = Pick<Lease, "lost" | "requireHeld">;

/**
 * Takes the leases in order and gives them back in reverse, whatever became of the work, which has to heed `lost` and ask
 * `requireHeld` before it removes or finishes anything.
 * @throws LEASE_HELD, STORE_FAILED, and what the work throws; for a lease that was lost, that
 */
export async function withLeases<T>(
  { repositories, names, signal }: LeaseWish,
  work: (held: HeldLeases) => Promise<T>,
): Promise<T> {
  const leases: Lease[] = [];
  try {
    for (const name of names) {
      for (const repository of repositories) leases.push(await repository.lease(name, signal));
    }
    return await watched(leases, work);
  } finally {
    // The work is done or has failed. One that stays is of a process that has ended soon.
    for (const lease of leases.reverse()) await lease.release().catch(() => undefined);
  }
}

async function watched<T>(leases: readonly Lease[], work: (held: HeldLeases) => Promise<T>): Promise<T> {
  const lost = AbortSignal.any(leases.map((lease) => lease.lost));
  const requireHeld = async (): Promise<void> => {
    for (const lease of leases) await lease.requireHeld();
  };
  try {
    return await work({ lost, requireHeld });
  } catch (error) {
    throw lost.aborted ? lost.reason : error;
  }
}
