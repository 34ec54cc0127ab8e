// The reference page of the commands, from their definitions and the table of options.
import { commands } from "../../src/cli/commands/index.ts";
import { argumentUsage, type CommandDefinition } from "../../src/cli/command.ts";
import { globalOptions } from "../../src/cli/program.ts";
import { type OptionDefinition, optionHelp } from "../../src/service/index.ts";
import { exitStatus } from "../../src/errors/index.ts";

export function commandPage(): string {
  return [
    "# Commands",
    "",
    "`skytools <command> --help` prints the same. In brackets: the environment variable that sets an option. The results",
    "go to standard output, everything else to standard error.",
    "",
    "## Options of all commands",
    "",
    ...optionTable(globalOptions),
    "",
    ...commands.flatMap(commandSection),
    "## Exit status",
    "",
    "| status | meaning |",
    "| --- | --- |",
    `| ${exitStatus.done} | done |`,
    `| ${exitStatus.failed} | failed |`,
    `| ${exitStatus.wrongUse} | wrong use |`,
    `| ${exitStatus.differencesFound} | differences found |`,
    "",
  ].join("\n");
}

function commandSection({ name, summary, args, options, examples }: CommandDefinition): readonly string[] {
  const usage = args.map((arg) => ` ${argumentUsage(arg)}`).join("");
  return [
    `## \`skytools ${name}${usage}\``,
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    "",
    ...args.flatMap((arg) => [`\`${arg.name}\`: ${arg.doc}`, ""]),
    ...(options.length === 0 ? [] : [...optionTable(options), ""]),
    "```sh",
    ...examples.flatMap((example) => [`# ${example.doc}`, example.line]),
    "```",
    "",
  ];
}

function optionTable(options: readonly OptionDefinition[]): readonly string[] {
  const rows = options.map(optionHelp).map(({ flags, description }) => `| \`${flags}\` | ${cell(description)} |`);
  return ["| option | meaning |", "| --- | --- |", ...rows];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\[(\w+)\]$/, "(`$1`)");
}
