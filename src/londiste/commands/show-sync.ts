// Waiting for tables to be in sync, as a person sees it.
import type { CommandContext } from "../../programs/index.ts";
import type { Member } from "../admin/member.ts";
import { waitSync } from "../admin/wait-sync.ts";

/** @throws NAME_UNKNOWN, SYNC_TIMEOUT */
export async function showSync(
  { out, progress }: Pick<CommandContext, "out" | "progress">,
  member: Member,
): Promise<void> {
  const display = progress("tables in sync");
  let first: number | null = null;
  let done = 0;
  try {
    await waitSync(member, ({ total, waiting, finished }) => {
      if (first === null && waiting.length > 0) out.note(`${waiting.length}/${total} table(s) to copy`);
      first ??= waiting.length;
      for (const name of finished) out.note(`${name}: finished (${(done += 1)}/${first})`);
      display.update({ done, total: first, unit: "tables" });
    });
  } finally {
    display.stop();
  }
  out.note("All done");
}
