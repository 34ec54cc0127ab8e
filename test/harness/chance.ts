// A seeded source of chance. The seed fixes what every actor decides; how the server interleaves them it cannot fix.
export interface Chance {
  /** Between 0 and 1. */
  next(): number;
  /** An integer from 0 to below - 1. */
  int(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** An independent source that depends on the seed and the label only. */
  fork(label: string): Chance;
}

export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  // mulberry32: 32 bits of state are plenty for choosing isolation levels.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[int(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    fork(label) {
      let hash = seed >>> 0;
      for (const char of label) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
      return seededChance(hash);
    },
  };
}
