// SIGHUP: the configuration is read again and checked before anything changes; when it is wrong, the old one stays.
import type { Config } from "../config/config.ts";
import type { Logger } from "../logging/logger.ts";
import { redactedReason } from "../logging/redact.ts";
import type { OptionTable } from "../options/resolve-options.ts";
import type { ProgramLine } from "./command-line.ts";
import { type ProgramDefinition, type ProgramOptions, programTable } from "./define-program.ts";
import { logSettings, type ProgramLog } from "./program-log.ts";
import { readSettings, type Settings, type Variables } from "./settings.ts";

export interface ReloaderContext<T extends OptionTable> {
  readonly line: ProgramLine;
  readonly settings: Settings<T>;
  readonly env: Variables;
  readonly log: Logger;
  readonly programLog: ProgramLog;
}

type Listener<O> = (options: O) => Promise<void> | void;

export class Reloader<T extends OptionTable> {
  readonly #definition: ProgramDefinition<T>;
  readonly #context: ReloaderContext<T>;
  readonly #listeners = new Set<Listener<ProgramOptions<T>>>();
  #options: ProgramOptions<T>;
  #config: Config;
  #isAsked = false;
  #running: Promise<void> = Promise.resolve();
  /** true: somebody calls reloadIfAsked() between two passes. */
  isDeferred = false;

  constructor(definition: ProgramDefinition<T>, context: ReloaderContext<T>) {
    this.#definition = definition;
    this.#context = context;
    this.#options = context.settings.options;
    this.#config = context.settings.config;
  }

  get options(): ProgramOptions<T> {
    return this.#options;
  }

  get config(): Config {
    return this.#config;
  }

  onReload(listener: Listener<ProgramOptions<T>>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  ask(): void {
    this.#isAsked = true;
    if (!this.isDeferred) void this.reloadIfAsked();
  }

  /** Several at the same time run one after the other. Never throws. */
  reloadIfAsked(): Promise<void> {
    if (!this.#isAsked) return this.#running;
    this.#isAsked = false;
    this.#running = this.#running.then(() => this.#reload());
    return this.#running;
  }

  async #reload(): Promise<void> {
    const { line, env, log, programLog } = this.#context;
    try {
      const { options, config, warnings } = readSettings(this.#definition, line, env);
      const merged = this.#keepFixed(options);
      programLog.apply(logSettings(this.#definition, line, merged));
      this.#options = merged;
      this.#config = config;
      for (const warning of warnings) log.warn({}, warning);
    } catch (error) {
      // The log file was perhaps moved: that has nothing to do with the configuration.
      this.#attempt("log file not reopened", () => programLog.reopen());
      log.error({}, `Config not reloaded, the old one stays: ${redactedReason(error)}`);
      return;
    }
    for (const listener of this.#listeners) {
      try {
        await listener(this.#options);
      } catch (error) {
        log.error({}, `Config reloaded, but a part of the program could not use it: ${redactedReason(error)}`);
      }
    }
    log.info({}, "Config reloaded");
  }

  /** Options that only count at the start keep their values; changed ones are named. */
  #keepFixed(fresh: ProgramOptions<T>): ProgramOptions<T> {
    const table: OptionTable = programTable(this.#definition);
    const before: Readonly<Record<string, unknown>> = this.#options;
    const fixed = Object.entries(table).filter(([, { reload }]) => reload !== true);
    const values: Readonly<Record<string, unknown>> = fresh;
    const changed = fixed.filter(([key]) => !isSame(values[key], before[key])).map(([, { name }]) => name);
    if (changed.length > 0)
      this.#context.log.warn({}, `${changed.join(", ")}: changed, but only a restart takes it up`);
    const kept = Object.fromEntries(fixed.map(([key]) => [key, before[key]]));
    return { ...fresh, ...kept };
  }

  #attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#context.log.error({}, `${what}: ${redactedReason(error)}`);
    }
  }
}

function isSame(a: unknown, b: unknown): boolean {
  const text = (value: unknown): string => JSON.stringify(value instanceof Map ? [...value] : value);
  return text(a) === text(b);
}
