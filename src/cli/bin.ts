#!/usr/bin/env node
// The command `skytools`: hands the process to a program, or to a command.
import { programOf, runAsProcess } from "./programs.ts";

const argv = process.argv.slice(2);
const program = programOf(argv);
if (program === null) await (await import("./run-command.ts")).runCommand(argv);
else await runAsProcess(program, argv.slice(1));
