// Waiting for tables to be in sync, as a person sees it.
import type { CommandContext } from "../../programs/index.ts";
import type { Member } from "../admin/member.ts";
import { waitSync } from "../admin/wait-sync.ts";
import { copyProgressText } from "../copy/index.ts";

/** @throws NAME_UNKNOWN, SYNC_TIMEOUT */
export async function showSync(
  { out, progress }: Pick<CommandContext, "out" | "progress">,
  member: Member,
): Promise<void> {
  const display = progress("tables in sync");
  let begun: number | null = null;
  try {
    await waitSync(member, ({ total, waiting, finished, copies }) => {
      if (begun === null) out.note(`${waiting.length}/${total} table(s) to copy`);
      begun = Math.max(begun ?? 0, waiting.length);
      const before = total - waiting.length - finished.length;
      for (const [i, name] of finished.entries()) out.note(`${name}: finished (${before + i + 1}/${total})`);
      const share = copies.reduce((sum, { fraction }) => sum + (fraction ?? 0), 0);
      display.update({
        ...{ done: begun - waiting.length + share, total: begun, unit: "tables" },
        now: copies.map((copy) => `${copy.table} ${copyProgressText(copy)}`).join("; "),
      });
    });
  } finally {
    display.stop();
  }
  out.note("All done");
}
