// A little room in the repository that is given up when its disk is full: else nobody could take a lease there, and expire,
// which is to make room, could not begin.
import { randomBytes } from "node:crypto";
import { SkytoolsError } from "../../errors/index.ts";
import type { Store } from "../store/index.ts";

export const RESERVE = "lock/reserve";
/** For leases that are renewed meanwhile, and the list of what goes. */
const RESERVE_BYTES = 256 * 1024;

/** Does the work once more with the reserve given up, when the store fails; keeps a new one behind it. */
export async function withReserve<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const result = await work().catch(async (error: unknown) => {
    if (!(await gaveUp(store, error))) throw error;
    return await work();
  });
  const keep = async (): Promise<void> => {
    if ((await store.stat(RESERVE)) === null) await store.put(RESERVE, [randomBytes(RESERVE_BYTES)]);
  };
  await keep().catch(() => undefined); // there is no room for it
  return result;
}

async function gaveUp(store: Store, error: unknown): Promise<boolean> {
  if (!(error instanceof SkytoolsError) || error.code !== "STORE_FAILED") return false;
  try {
    if ((await store.stat(RESERVE)) === null) return false;
    await store.delete([RESERVE]);
    return true;
  } catch {
    return false;
  }
}
