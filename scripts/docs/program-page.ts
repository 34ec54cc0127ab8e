// The reference page of a program with commands: what each takes, from its definition.
import type { AnyCommand, commandProgram } from "../../src/programs/index.ts";
import { optionHelp, type ProgramArgument } from "../../src/service/index.ts";

type Program = Pick<ReturnType<typeof commandProgram>, "name" | "summary" | "commands">;

export function programPage({ name, summary, commands }: Program): string {
  const shown = commands.filter(({ isInternal }) => isInternal !== true);
  return [
    `# ${name}`,
    "",
    `${capital(summary)}. \`${name} [options] INI COMMAND [arguments]\`; \`skytools ${name}\` is the same program. The keys of the`,
    `file are in [configuration](configuration.md). Every command takes \`--json\`; \`${name} help COMMAND\` prints what is here.`,
    "",
    ...shown.map((command) => `- [${command.name}](#${command.name}): ${command.summary}`),
    ...shown.flatMap((command) => commandSection(name, command)),
    "",
  ].join("\n");
}

function commandSection(program: string, command: AnyCommand): readonly string[] {
  const { name, summary, args = [], flags = {}, examples = [], isWatchable = false, needsFile = true } = command;
  const options = Object.values(flags).filter(({ ignored }) => ignored === undefined);
  const words = [needsFile ? "INI" : "[INI]", name, ...args.map(argumentUsage)].join(" ");
  return [
    "",
    `## ${name}`,
    "",
    `${capital(summary)}.${isWatchable ? " `--watch` repeats it." : ""}`,
    "",
    "```",
    `${program} ${words}`,
    "```",
    ...(args.length === 0 ? [] : ["", ...args.map((arg) => `- \`${arg.name.toUpperCase()}\`: ${arg.doc}`)]),
    ...(options.length === 0 ? [] : ["", "| option | meaning |", "| --- | --- |"]),
    ...options.map((option) => {
      const { flags: text, description } = optionHelp(option);
      return `| \`${cell(text)}\` | ${cell(description)} |`;
    }),
    ...examples.flatMap(({ line, doc }) => ["", `${capital(doc)}:`, "", "```", `${program} ${line}`, "```"]),
  ];
}

function argumentUsage({ name, isOptional, isRest }: ProgramArgument): string {
  const word = `${name.toUpperCase()}${isRest === true ? "…" : ""}`;
  return isOptional === true ? `[${word}]` : word;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
