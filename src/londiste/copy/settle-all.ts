// Work of several lanes: nothing runs on when one has failed, and the first failure is the one that counts.

/** Resolves when all have ended. @throws the error that came first in time */
export async function settleAll<T extends readonly Promise<unknown>[] | []>(
  lanes: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const failures: unknown[] = [];
  await Promise.all(lanes.map((lane) => lane.catch((error: unknown) => void failures.push(error))));
  if (failures.length > 0) throw failures[0];
  return await Promise.all(lanes);
}
