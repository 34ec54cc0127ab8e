// The reference page of configuration files, from the option tables of the programs.
import {
  describeType,
  formatValue,
  type OptionDefinition,
  type ProgramDefinition,
  sectionsOf,
  serviceOptions,
} from "../../src/service/index.ts";

type Documented = Pick<ProgramDefinition, "name" | "summary" | "sections" | "dialect" | "options" | "openKeys">;

export function configurationPage(programs: readonly Documented[]): string {
  const common: readonly OptionDefinition[] = Object.values(serviceOptions);
  const ignored = common.filter((option) => option.ignored !== undefined);
  return [
    "# Configuration",
    "",
    "Every key can stand in the file, be given as an option (`--loop-delay 5`) or as a variable",
    "(`SKYTOOLS_LOOP_DELAY=5`). Options win over variables, variables over `--set KEY=VALUE`, that over the section of the",
    "file, that over its `[DEFAULT]`. `--ini` prints a file with all keys.",
    "",
    "Durations are seconds, or have a unit: `500ms`, `10min`, `2h`, `1 day`, `00:05:00`. Sizes are bytes, or have a unit:",
    "`64kB`, `10MB`. Keys marked with ↻ are taken up at a reload (`-r`, SIGHUP), the others at a restart.",
    "",
    "## Keys of all programs that run long",
    "",
    ...keyTable(common.filter((option) => option.ignored === undefined)),
    "",
    "Accepted and ignored, with one notice in the log: " + ignored.map(({ name }) => `\`${name}\``).join(", ") + ".",
    "",
    ...programs.flatMap(programSection),
  ].join("\n");
}

function programSection(program: Documented): readonly string[] {
  const { name, summary, options, openKeys = [], dialect = "python" } = program;
  const keys = Object.values(options).filter(({ flagOnly, ignored }) => flagOnly !== true && ignored === undefined);
  const form =
    dialect === "python"
      ? "Values may go on in lines with deeper indentation; `%(key)s` stands for another key, `%%` for a percent sign."
      : "One line a key, no interpolation; `%include FILE` reads another file.";
  return [
    `## ${name}`,
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Section: ${sectionsOf(program)
      .map((section) => `\`[${section}]\``)
      .join(" or ")}. ${form}`,
    "",
    ...keyTable(keys),
    ...openKeys.map(({ pattern, doc }) => `| \`${pattern}\` | text |  | ${cell(doc)} |`),
    "",
  ];
}

function keyTable(options: readonly OptionDefinition[]): readonly string[] {
  return ["| key | value | default | meaning |", "| --- | --- | --- | --- |", ...options.map(keyRow)];
}

function keyRow(option: OptionDefinition): string {
  const value = option.type === "text" && option.choices !== undefined ? describeType(option) : option.type;
  const fallback = option.default === undefined ? "" : formatValue(option, option.default);
  const marks = option.reload === true ? " ↻" : "";
  return `| \`${option.name}\`${marks} | ${cell(value)} | ${cell(fallback)} | ${cell(option.doc)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
