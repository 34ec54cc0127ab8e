// What may happen to walmgr at any moment: a process of it is killed, or a repository cannot be reached for a while.
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Chance } from "../../harness/chance.ts";
import { KEPT_BACKUPS, type Stage } from "./stage.ts";

const LONGEST_LIFE_MS = 4_000;

type Trouble = (stage: Stage, random: Chance) => Promise<void>;

const kinds: Readonly<Record<string, Trouble>> = {
  "receive killed": killDaemon("receive"),
  "serve killed": killDaemon("serve"),
  "backup killed": killCommand("backup"),
  "restore killed": ({ site }, random) =>
    killWords(["restore", "--delta", "--dest", join(site.folder, "copy")])({ site }, random),
  "expire killed": killCommand("expire"),
  "verify killed": killCommand("verify"),
  "store cut off": cutStore,
};

/** @returns how often what happened; `problems`: promises that were broken meanwhile */
export async function makeTroubles(
  stage: Stage,
  random: Chance,
  count: number,
): Promise<{ readonly counts: ReadonlyMap<string, number>; readonly problems: readonly string[] }> {
  const counts = new Map<string, number>();
  const problems: string[] = [];
  const names = Object.keys(kinds);
  let most = (await stage.backups()).map((sets) => sets.length);
  for (let n = 0; n < count; n += 1) {
    // Each kind once, then by chance: a short run has them all.
    const name = n < names.length ? names[n]! : random.pick(names);
    await kinds[name]!(stage, random);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const sets = await stage.backups();
    sets.forEach((own, i) => {
      if (own.length < Math.min(KEPT_BACKUPS, most[i]!))
        problems.push(`${name}: of ${most[i]} backups ${own.length} are left`);
    });
    most = sets.map((own, i) => Math.max(own.length, most[i]!));
  }
  return { counts, problems };
}

function killDaemon(name: "receive" | "serve"): Trouble {
  return async ({ daemons, site }, random) => {
    await delay(random.int(LONGEST_LIFE_MS));
    await daemons.get(name)?.end("SIGKILL");
    daemons.set(name, site.start(name));
  };
}

function killCommand(...words: readonly string[]): Trouble {
  return (stage, random) => killWords(words)(stage, random);
}

function killWords(words: readonly string[]): (stage: Pick<Stage, "site">, random: Chance) => Promise<void> {
  return async ({ site }, random) => {
    const running = site.start(...words);
    await Promise.race([running.ended, delay(random.int(LONGEST_LIFE_MS))]);
    await running.end("SIGKILL");
  };
}

/** Its directory is a file meanwhile: nothing can be read or made there. */
async function cutStore({ places }: Stage, random: Chance): Promise<void> {
  const place = random.pick(places);
  renameSync(place, `${place}.away`);
  writeFileSync(place, "");
  try {
    await delay(random.int(LONGEST_LIFE_MS));
  } finally {
    if (existsSync(place)) rmSync(place);
    renameSync(`${place}.away`, place);
  }
}
