#!/usr/bin/env node
// The command `setadm`: the name of the old program, for its scripts.
import { runSetadm } from "../cascade/index.ts";
import { runAsProcess } from "./programs.ts";

await runAsProcess(runSetadm, process.argv.slice(2));
