// Who follows a lost root. That cannot be asked, so those that may follow it decide: a branch becomes root while all
// branches that answer are locked, so of two commands at once the later one sees what the first has done. Two that reach no
// branch in common cannot know of each other.
import { tryLockSuccession } from "../consumer/lock.ts";
import { type CascadeSet, type LiveNode, refuse } from "./cascade-set.ts";
import { waitFor } from "./wait.ts";

/** @throws SET_REFUSED when there is another root than that node */
export function requireNoRoot(live: readonly LiveNode[], newNode: string): void {
  const root = live.find(({ type, name }) => type === "root" && name !== newNode);
  if (root === undefined) return;
  refuse(
    `node ${root.name} is root and lives: nothing is to be replaced`,
    `if it has just taken the place of the lost one, that command moves the other nodes below it; else see status`,
  );
}

/**
 * Runs `work` in a transaction on the new node, while nobody else makes a root of any branch that answers.
 * @throws SET_REFUSED when there is another root, WAIT_TIMEOUT
 */
export async function succeed(set: CascadeSet, newNode: string, work: () => Promise<void>): Promise<void> {
  const queueNodes = (await set.liveNodes()).filter(({ type }) => type !== "leaf");
  // In one order on all sides, so that nobody waits for who waits for him. The first lock goes last, after the commit.
  const names = [...new Set([...queueNodes.map(({ name }) => name), newNode])].sort();
  const lockFrom = async (at: number): Promise<void> => {
    const name = names[at];
    if (name === undefined) {
      requireNoRoot(await set.liveNodes(), newNode);
      await work();
      return;
    }
    const db = await set.connect(name);
    await db.transaction(async () => {
      await waitFor(set.context, `another takeover to let go of node ${name}`, async () =>
        (await tryLockSuccession(db, set.queue)) ? true : null,
      );
      await lockFrom(at + 1);
    });
  };
  await lockFrom(0);
}
