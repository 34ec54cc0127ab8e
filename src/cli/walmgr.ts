#!/usr/bin/env node
// The command `walmgr`: the name of the old program, for its unit files, scripts, and the settings of servers.
import { runWalmgr } from "../walmgr/index.ts";
import { runAsProcess } from "./programs.ts";

await runAsProcess(runWalmgr, process.argv.slice(2));
