// Options that all commands share.
import { logLevels } from "../logging/logger.ts";
import { defineOption } from "./define-option.ts";

export const commonOptions = {
  db: defineOption({
    name: "db",
    type: "text",
    programs: ["all"],
    placeholder: "DSN",
    secret: true,
    doc: "connection string: a URI, keywords (host=… dbname=…) or a database name; PG* variables fill in what it leaves open",
  }),
  json: defineOption({
    name: "json",
    type: "bool",
    default: false,
    programs: ["all"],
    doc: "print the result as JSON, for machines",
  }),
  quiet: defineOption({
    name: "quiet",
    type: "bool",
    default: false,
    programs: ["all"],
    short: "q",
    doc: "print nothing but results and errors",
  }),
  verbose: defineOption({
    name: "verbose",
    type: "bool",
    default: false,
    programs: ["all"],
    short: "v",
    doc: "log what is done, step by step",
  }),
  dryRun: defineOption({
    name: "dry_run",
    type: "bool",
    default: false,
    programs: ["install", "uninstall"],
    short: "n",
    doc: "print the SQL that would be run, and change nothing",
  }),
  force: defineOption({
    name: "force",
    type: "bool",
    default: false,
    programs: ["uninstall"],
    doc: "do it although something would be lost; the message without it says what",
  }),
  logLevel: defineOption({
    name: "log_level",
    type: "text",
    choices: ["silent", ...logLevels],
    default: "warn",
    programs: ["all"],
    reload: true,
    doc: "least important lines that are logged; --quiet and --verbose are short for error and debug",
  }),
  logFormat: defineOption({
    name: "log_format",
    type: "text",
    choices: ["text", "json"],
    default: "text",
    programs: ["all"],
    doc: "text for people, json for machines; always to standard error",
  }),
} as const;
