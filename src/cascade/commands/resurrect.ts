// resurrect: on a root that was replaced as lost and has come back.
import { access, open, rename } from "node:fs/promises";
import type { AnyCommand } from "../../programs/index.ts";
import { CascadeSet, planResurrect, refuse } from "../admin/index.ts";
import { adminContext, carryOut, planFlags, setCommand, type SetFront } from "./front.ts";

const FILE = "resurrect-lost-events.json";

export function resurrectCommand(front: SetFront): AnyCommand {
  return setCommand<typeof planFlags>({
    name: "resurrect",
    summary: "make a root that was replaced as lost a branch; events that nobody got go to a file",
    flags: planFlags,
    pidfile: "admin",
    examples: [{ line: "conf.ini resurrect", doc: `on the old root; writes ${FILE} in the working directory` }],
    async run(context) {
      const exists = await access(FILE).then(
        () => true,
        () => false,
      );
      if (exists) refuse(`file ${FILE} exists`, "it may be of a run that failed: move it away");
      const set = await CascadeSet.load(adminContext(context, front));
      const save = async (events: readonly object[]): Promise<void> => await writeSafely(FILE, events);
      return await carryOut(context, await planResurrect(set, { save }));
    },
  });
}

/** One event a line, in one array. */
async function writeSafely(path: string, events: readonly object[]): Promise<void> {
  const lines = events.map((event) => JSON.stringify(event)).join(",\n");
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(`[\n${lines}\n]\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
