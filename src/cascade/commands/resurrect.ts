// resurrect: on a root that was replaced as lost and has come back.
import { open, readFile, rename } from "node:fs/promises";
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
      const set = await CascadeSet.load(adminContext(context, front));
      const save = async (events: readonly object[]): Promise<void> => await saveOnce(FILE, events);
      return await carryOut(context, await planResurrect(set, { save }));
    },
  });
}

/**
 * One event a line, in one array. The file of a run that was cut off stays: it has these events, or had them all and they
 * are out of the queue.
 */
async function saveOnce(path: string, events: readonly object[]): Promise<void> {
  const text = `[\n${events.map((event) => JSON.stringify(event)).join(",\n")}\n]\n`;
  const found = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  });
  if (found !== null && (events.length === 0 || found === text)) return;
  if (found !== null) refuse(`file ${path} exists, and has other events`, "move it away, and give resurrect again");
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
