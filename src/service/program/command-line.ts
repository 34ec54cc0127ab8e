// The command line of a program: single letters that may be joined, long options that may be shortened, options before
// and after the file. Only words are matched here; values are read by the option table.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { flagName, type OptionDefinition } from "../options/define-option.ts";
import type { GivenValues } from "../options/resolve-options.ts";

export type ProgramAction = "run" | "help" | "version" | "ini" | "stop" | "kill" | "reload";

export interface ProgramLine {
  readonly action: ProgramAction;
  /** The configuration file and what follows it. */
  readonly words: readonly string[];
  /** Options of the table by their names. */
  readonly flags: GivenValues;
  /** --set K=V. */
  readonly overrides: ReadonlyMap<string, string>;
  /** How often -v was given. */
  readonly verbosity: number;
  readonly isQuiet: boolean;
  readonly isDaemon: boolean;
  /** -s, -k and -r end with 0 also when nothing was signalled, as the old programs did. */
  readonly isCompatExit: boolean;
}

interface Switch {
  /** Without dashes. */
  readonly long: string;
  readonly short?: string;
  readonly takesValue: boolean;
  readonly doc: string;
}

/** Switches of every program. */
export const programSwitches: readonly Switch[] = [
  { long: "help", short: "h", takesValue: false, doc: "print this help" },
  { long: "version", short: "V", takesValue: false, doc: "print the version" },
  { long: "quiet", short: "q", takesValue: false, doc: "log only warnings and errors" },
  { long: "verbose", short: "v", takesValue: false, doc: "log more; twice: even more" },
  { long: "daemon", short: "d", takesValue: false, doc: "go into the background; needs a pidfile" },
  {
    long: "stop",
    short: "s",
    takesValue: false,
    doc: "stop the running program (SIGINT to the process of the pidfile)",
  },
  { long: "kill", short: "k", takesValue: false, doc: "stop the running program (SIGTERM)" },
  {
    long: "reload",
    short: "r",
    takesValue: false,
    doc: "let the running program read its configuration again (SIGHUP)",
  },
  { long: "ini", takesValue: false, doc: "print a sample configuration file" },
  { long: "set", takesValue: true, doc: "K=V: set a key as if it were in the file; may be given several times" },
  { long: "compat-exit", takesValue: false, doc: "with -s, -k, -r: exit status 0 also when nothing was signalled" },
];

/** @throws WRONG_USE */
export function parseProgramLine(argv: readonly string[], options: readonly OptionDefinition[]): ProgramLine {
  const parser = new LineParser(options);
  for (let at = 0; at < argv.length; at += 1) at += parser.word(argv, at);
  return parser.line();
}

class LineParser {
  readonly #switches: readonly Switch[];
  readonly #names: ReadonlyMap<string, string>;
  readonly #seen: string[] = [];
  readonly #words: string[] = [];
  readonly #flags: Record<string, string | boolean | readonly string[]> = {};
  readonly #overrides = new Map<string, string>();
  #isRest = false;

  constructor(options: readonly OptionDefinition[]) {
    // Keys of old files are no options; options of old command lines are still read.
    const own = options.filter(({ ignored, flagOnly }) => ignored === undefined || flagOnly === true).map(asSwitch);
    const taken = new Set(own.map(({ long }) => long));
    this.#switches = [...programSwitches.filter(({ long }) => !taken.has(long)), ...own];
    this.#names = new Map(options.map((option) => [flagName(option.name).slice(2), option.name]));
  }

  /** Reads the word at `at`; returns how many further words it took. */
  word(argv: readonly string[], at: number): number {
    const word = argv[at] ?? "";
    if (this.#isRest || word === "-" || !word.startsWith("-")) this.#words.push(word);
    else if (word === "--") this.#isRest = true;
    else return word.startsWith("--") ? this.#long(word.slice(2), argv[at + 1]) : this.#letters(word, argv[at + 1]);
    return 0;
  }

  line(): ProgramLine {
    const count = (name: string): number => this.#seen.filter((seen) => seen === name).length;
    const signal = (["stop", "kill", "reload"] as const)
      .filter((name) => count(name) > 0)
      .sort((a, b) => this.#seen.lastIndexOf(b) - this.#seen.lastIndexOf(a))[0];
    const wanted = (["help", "version", "ini"] as const).find((name) => count(name) > 0);
    return {
      action: wanted ?? signal ?? "run",
      words: this.#words,
      flags: this.#flags,
      overrides: this.#overrides,
      verbosity: count("verbose"),
      isQuiet: count("quiet") > 0,
      isDaemon: count("daemon") > 0,
      isCompatExit: count("compat-exit") > 0,
    };
  }

  #long(word: string, next: string | undefined): number {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const given = equals < 0 ? undefined : word.slice(equals + 1);
    const found = this.#find(name);
    if (found === null) return this.#negated(name, given);
    if (!found.takesValue) {
      this.#take(found, given);
      return 0;
    }
    this.#take(found, given ?? this.#required(next, `--${found.long}`));
    return given === undefined ? 1 : 0;
  }

  /** `-dv`, `-qvv`; a letter with a value takes the rest of the word or the next one. */
  #letters(word: string, next: string | undefined): number {
    for (let at = 1; at < word.length; at += 1) {
      const letter = word.charAt(at);
      const found = this.#switches.find(({ short }) => short === letter);
      if (found === undefined) throw unknownOption(`-${letter}`, null);
      if (!found.takesValue) {
        this.#take(found, undefined);
        continue;
      }
      const rest = word.slice(at + 1);
      this.#take(found, rest === "" ? this.#required(next, `-${letter}`) : rest);
      return rest === "" ? 1 : 0;
    }
    return 0;
  }

  #find(name: string): Switch | null {
    const wanted = name.replaceAll("_", "-");
    const exact = this.#switches.find(({ long }) => long === wanted);
    if (exact !== undefined) return exact;
    const candidates = this.#switches.filter(({ long }) => long.startsWith(wanted));
    if (candidates.length < 2) return candidates[0] ?? null;
    throw new SkytoolsError("WRONG_USE", `option --${name} is ambiguous`, {
      hint: `it could be ${candidates.map(({ long }) => `--${long}`).join(" or ")}`,
    });
  }

  #negated(name: string, given: string | undefined): number {
    const positive = /^no-(.+)$/.exec(name)?.[1];
    const found = this.#switches.find(({ long, takesValue }) => long === positive && !takesValue);
    const option = found === undefined ? undefined : this.#names.get(found.long);
    if (option === undefined || given !== undefined) {
      const known = this.#switches.map(({ long }) => long);
      throw unknownOption(`--${name}`, nearestName(name, known));
    }
    this.#flags[option] = false;
    return 0;
  }

  #take(found: Switch, value: string | undefined): void {
    const option = this.#names.get(found.long);
    if (found.long === "set" && option === undefined) this.#override(value ?? "");
    else if (option === undefined) this.#seen.push(found.long);
    else if (!found.takesValue) this.#flags[option] = value ?? true;
    else this.#flags[option] = [...this.#given(option), value ?? ""];
  }

  #given(option: string): readonly string[] {
    const before = this.#flags[option];
    return typeof before === "object" ? before : [];
  }

  #override(text: string): void {
    const equals = text.indexOf("=");
    const key = text.slice(0, Math.max(0, equals)).trim();
    if (key === "") throw new SkytoolsError("WRONG_USE", "--set takes KEY=VALUE", { hint: "--set loop_delay=5" });
    this.#overrides.set(key, text.slice(equals + 1).trim());
  }

  #required(next: string | undefined, option: string): string {
    if (next !== undefined) return next;
    throw new SkytoolsError("WRONG_USE", `option ${option} needs a value`, { hint: "--help shows which" });
  }
}

function asSwitch(option: OptionDefinition): Switch {
  const long = flagName(option.name).slice(2);
  const short = option.short === undefined ? {} : { short: option.short };
  return { long, ...short, takesValue: option.type !== "bool", doc: option.doc };
}

function unknownOption(option: string, nearest: string | null): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `unknown option ${option}`, {
    hint: nearest === null ? "--help lists what there is" : `did you mean --${nearest}?`,
  });
}
