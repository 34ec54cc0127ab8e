// How long to wait before the next try.

/** Doubles with every try up to the limit; between half and the whole of that, so that many do not come back at once. */
export function backoffMs(firstMs: number, tryNumber: number, chance: number, limitMs: number): number {
  const full = Math.min(limitMs, firstMs * 2 ** Math.min(tryNumber - 1, 30));
  return Math.round(full * (0.5 + chance / 2));
}
