#!/usr/bin/env node
// The command `pgqd`: the name of the old program, for its unit files and scripts.
import { runPgqd } from "../ticker/index.ts";
import { runAsProcess } from "./programs.ts";

await runAsProcess(runPgqd, process.argv.slice(2));
