// wait-sync.
import { programCommand } from "../../programs/index.ts";
import { memberOf } from "./context.ts";
import { memberKeys, timeoutFlag } from "./keys.ts";
import { showSync } from "./show-sync.ts";

export const waitSyncCommand = programCommand({
  name: "wait-sync",
  summary: "wait until all tables of this node are in sync",
  keys: memberKeys,
  flags: timeoutFlag,
  examples: [{ line: "leaf.ini wait-sync --timeout=1h", doc: "exit status 1 when a table is not in sync by then" }],
  async run(context) {
    const member = await memberOf(context);
    await showSync(context, member);
    context.out.done({ inSync: true }, "");
    return undefined;
  },
});
