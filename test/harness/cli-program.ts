// The built command, for tests that need a process of its own: arguments for process.execPath. `npm test` builds it.
import { join } from "node:path";
import { packageRoot } from "../../src/pgq/index.ts";

export const cliProgram: readonly string[] = [join(packageRoot(), "dist", "src", "cli", "bin.js")];
