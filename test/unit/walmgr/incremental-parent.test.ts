import { describe, expect, test } from "vitest";
import type { DoneBackup } from "../../../src/walmgr/backup/index.ts";
import { chooseParent } from "../../../src/walmgr/backup/incremental-parent.ts";

const SERVER = { systemId: 7n, major: 18, timeline: 1 };

function backup(set: string, startLsn: bigint, parent: string | null = null): DoneBackup {
  const common = { systemId: 7n, serverVersion: 180_004, timeline: 1, state: "done", startedMs: 0, finishedMs: 1 };
  return {
    ...common,
    set,
    type: parent === null ? "full" : "incremental",
    parent,
    startLsn,
    endLsn: startLsn,
  } as DoneBackup;
}

describe("the parent of an incremental backup", () => {
  const chain = [backup("20260101-000000F", 10n), backup("20260102-000000I", 20n, "20260101-000000F")];
  const combined = backup("20260102-000001F", 20n);

  test("is the full backup that was made of a chain, where all repositories have it", () => {
    const all = ["a", "b"].map((description) => ({ description, backups: [...chain, combined] }));

    expect(chooseParent(all, SERVER, 1)).toEqual({ parent: combined });
  });

  test.each([
    ["the first", [...chain, combined], chain],
    ["another", chain, [...chain, combined]],
  ])("is the incremental one that it was made of, where only %s has the full one", (_, first, second) => {
    const both = [first, second].map((backups, i) => ({ description: `${i}`, backups }));

    expect(chooseParent(both, SERVER, 30)).toEqual({ parent: chain[1] });
    expect(chooseParent(both, SERVER, 1)).toEqual({ parent: null, why: "1 incremental backups in a row are enough" });
  });

  test("is none of those before the newest: where another repository lacks it, a full backup is taken", () => {
    const both = [chain, chain.slice(0, 1)].map((backups, i) => ({ description: `${i}`, backups }));

    expect(chooseParent(both, SERVER, 30)).toEqual({
      parent: null,
      why: "the backup 20260102-000000I is not there in 1",
    });
  });
});
