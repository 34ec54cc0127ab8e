// A configuration file from the disk.
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, extname, resolve } from "node:path";
import { errnoOf, nearestName } from "../../errors/index.ts";
import { Config } from "./config.ts";
import { type ConfigDocument, configError } from "./document.ts";
import { parsePgqdIni } from "./parse-pgqd.ts";
import { parsePythonIni } from "./parse-python.ts";

/** python: what all old programs but pgqd read. pgqd: what that reads. */
export type ConfigDialect = "python" | "pgqd";

export interface LoadConfigOptions {
  readonly dialect: ConfigDialect;
  /** Accepted names of the main section, the program's present name first. */
  readonly sections: readonly string[];
  /** K=V of --set. */
  readonly overrides?: ReadonlyMap<string, string>;
}

/** @throws CONFIG_FILE with file and line */
export function loadConfig(path: string, { dialect, sections, overrides }: LoadConfigOptions): Config {
  const text = readConfigText(path);
  const document = dialect === "pgqd" ? parsePgqdIni(text, path, readText) : parsePythonIni(text, path);
  if (dialect === "pgqd") refuseOtherSections(document, sections);
  const main = sections.find((name) => document.sections.has(name)) ?? sections[0] ?? "";
  return new Config(document, main, {
    hasInterpolation: dialect === "python",
    predefined: predefinedValues(path, sections[0] ?? main),
    ...(overrides === undefined ? {} : { overrides }),
  });
}

/** The configuration of a program that runs without a file. */
export function emptyConfig(section: string, overrides: ReadonlyMap<string, string> = new Map()): Config {
  const document = { path: "(no file)", defaults: new Map(), sections: new Map([[section, new Map()]]) };
  return new Config(document, section, { overrides, predefined: predefinedValues(section, section) });
}

function predefinedValues(path: string, service: string): ReadonlyMap<string, string> {
  return new Map([
    ["job_name", basename(path, extname(path))],
    ["service_name", service],
    ["host_name", hostname()],
    ["config_dir", dirname(resolve(path))],
    ["config_file", resolve(path)],
  ]);
}

function readConfigText(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    const reason = errnoOf(error) === "ENOENT" ? "is not there" : "unreadable";
    throw configError(`the configuration file ${path} ${reason}`, "--ini prints a sample", error);
  }
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}

function refuseOtherSections({ path, sections }: ConfigDocument, known: readonly string[]): void {
  const other = [...sections.keys()].find((name) => !known.includes(name));
  if (other === undefined) return;
  const nearest = nearestName(other, known) ?? known[0] ?? "";
  throw configError(`${path} has a section [${other}], which has no meaning here`, `only [${nearest}] is read`);
}
