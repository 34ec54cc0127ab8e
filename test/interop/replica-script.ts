// `londiste execute` with a script of a test.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SetNode } from "./replica-set.ts";
import { scratchFolder } from "./scratch.ts";

export async function runScript(node: SetNode, name: string, sql: string): Promise<string> {
  const file = join(scratchFolder(), name);
  writeFileSync(file, sql);
  return await node.run("execute", file);
}
