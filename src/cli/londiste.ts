#!/usr/bin/env node
// The command `londiste`: the name of the old program, for its unit files and scripts.
import { runLondiste } from "../londiste/index.ts";
import { runAsProcess } from "./programs.ts";

await runAsProcess(runLondiste, process.argv.slice(2));
