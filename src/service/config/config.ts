// One section of a configuration file as programs see it: --set before the section before [DEFAULT] before what is
// predefined, with interpolation.
import { SkytoolsError } from "../../errors/index.ts";
import { type ConfigDocument, configError, type ConfigEntry } from "./document.ts";
import { type ConfigFormat, configFormats, interpolate } from "./interpolate.ts";
import { expandHome, parseBool, parseBytes, parseDict, parseInteger, parseList, parseNumber } from "./values.ts";

export interface ConfigOptions {
  /** Of --set; they win over the file. */
  readonly overrides?: ReadonlyMap<string, string>;
  /** Weakest of all: job_name, host_name, … */
  readonly predefined?: ReadonlyMap<string, string>;
  /** false in the dialect of pgqd: values are what stands there. */
  readonly hasInterpolation?: boolean;
}

export class Config {
  readonly #document: ConfigDocument;
  readonly #section: string;
  readonly #options: ConfigOptions;
  readonly #used = new Set<string>();

  /** @throws CONFIG_FILE when there is no such section */
  constructor(document: ConfigDocument, section: string, options: ConfigOptions = {}) {
    this.#document = document;
    this.#section = section;
    this.#options = options;
    if (document.sections.has(section)) return;
    const there = [...document.sections.keys()].map((name) => `[${name}]`).join(", ");
    throw configError(
      `${document.path} has no section [${section}]`,
      there === "" ? "the file has no section at all" : `it has ${there}`,
    );
  }

  get section(): string {
    return this.#section;
  }

  /** Names of all sections but [DEFAULT]. */
  get sections(): readonly string[] {
    return [...this.#document.sections.keys()];
  }

  /** Another section of the same file, without --set. */
  clone(section: string): Config {
    return new Config(this.#document, section, { ...this.#options, overrides: new Map() });
  }

  /** Keys of the section itself and of --set: those whose user expects that they do something. */
  ownKeys(): readonly string[] {
    const section = this.#document.sections.get(this.#section);
    return [...new Set([...(section?.keys() ?? []), ...(this.#options.overrides?.keys() ?? [])])];
  }

  has(key: string): boolean {
    return this.#find(key, this.#section) !== undefined;
  }

  /** true when another value refers to it. Known only of values that were read. */
  isReferredTo(key: string): boolean {
    return this.#used.has(key);
  }

  /** `file:line` of a key, or how else it came. */
  origin(key: string): string {
    return this.#find(key, this.#section)?.origin ?? this.#document.path;
  }

  /** @throws CONFIG_FILE when it is missing or cannot be interpolated */
  get(key: string): string {
    return this.maybe(key) ?? this.#missing(key);
  }

  /** The value, or undefined. @throws CONFIG_FILE when it cannot be interpolated */
  maybe(key: string): string | undefined {
    const found = this.#find(key, this.#section);
    if (found === undefined) return undefined;
    if (this.#options.hasInterpolation === false) return found.value;
    return interpolate(found.value, {
      format: this.#format(),
      origin: `${found.origin}: key "${key}"`,
      lookup: (referred, section) => {
        if (section === undefined || section === this.#section) this.#used.add(referred);
        return this.#find(referred, section ?? this.#section)?.value;
      },
    });
  }

  bool(key: string): boolean {
    return this.#parsed(key, parseBool);
  }

  int(key: string): number {
    return this.#parsed(key, parseInteger);
  }

  number(key: string): number {
    return this.#parsed(key, parseNumber);
  }

  list(key: string): readonly string[] {
    return this.#parsed(key, parseList);
  }

  dict(key: string): ReadonlyMap<string, string> {
    return this.#parsed(key, parseDict);
  }

  bytes(key: string): number {
    return this.#parsed(key, parseBytes);
  }

  file(key: string): string {
    return this.#parsed(key, (text) => expandHome(text));
  }

  /**
   * The most specific of the keys that come from replacing each `*` of `key` by the next of `values`: for `a_*_*` and
   * x, y these are `a_x_y`, `a_x_*` and `a_*_*`. undefined when none is set.
   */
  wildcard(key: string, values: readonly string[]): string | undefined {
    const keys = values.reduceRight<readonly string[]>(
      (found, _, index) => [...found, replaceStars(key, values.slice(0, index + 1))],
      [],
    );
    const best = [...keys, key].find((candidate) => this.has(candidate));
    return best === undefined ? undefined : this.get(best);
  }

  #find(key: string, section: string): ConfigEntry | undefined {
    const { overrides, predefined } = this.#options;
    const override = section === this.#section ? overrides?.get(key) : undefined;
    if (override !== undefined) return { value: override, origin: "--set" };
    const entries = section === "DEFAULT" ? this.#document.defaults : this.#document.sections.get(section);
    if (entries === undefined) return undefined;
    const found = entries.get(key) ?? this.#document.defaults.get(key);
    if (found !== undefined) return found;
    const value = predefined?.get(key);
    return value === undefined ? undefined : { value, origin: "predefined" };
  }

  #format(): ConfigFormat {
    const found = this.#find("config_format", this.#section);
    const format = configFormats.find((known) => known === (found?.value ?? "1"));
    if (format !== undefined) return format;
    throw configError(`${found?.origin ?? ""}: unsupported config_format "${found?.value ?? ""}"`, "it is 1 or 2");
  }

  #parsed<T>(key: string, parse: (text: string) => T): T {
    const text = this.get(key);
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof SkytoolsError)) throw error;
      throw configError(`${this.origin(key)}: key "${key}": ${error.message}`, error.hint, error);
    }
  }

  #missing(key: string): never {
    throw configError(`${this.#document.path} has no key "${key}" in [${this.#section}]`, "the program needs it");
  }
}

function replaceStars(key: string, values: readonly string[]): string {
  return values.reduce((text, value) => text.replace("*", () => value), key);
}
