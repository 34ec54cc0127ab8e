// Composes the one script that installs a schema, takes it over or brings it up to date, from the files in sql/.
// The engine runs the same text that `skytools sql` prints.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot, packageVersion } from "../../service/index.ts";
import { schemaFiles } from "./schema-source.ts";

/** A structure change that is made once in the life of a database (sql/<schema>/upgrade/NAME.sql). */
export interface UpgradeStep {
  readonly name: string;
  /** First line `-- breaking`: programs that do not know the step must not work on the database. */
  readonly isBreaking: boolean;
  readonly body: string;
}

export interface ScriptOptions {
  /** Wait for a lock at most this long before giving up. Default 500. */
  readonly lockTimeoutMs?: number;
}

// Longer, and others wait longer behind us, or deadlock_timeout (1 second) ends one of them instead of us; shorter, and a
// busy database never lets us in.
const DEFAULT_LOCK_TIMEOUT_MS = 500;

/** The steps of a schema in the order of their names. */
export function upgradeSteps(schema: string): readonly UpgradeStep[] {
  const folder = join(packageRoot(), "sql", schema, "upgrade");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => parseStep(file.slice(0, -".sql".length), readFileSync(join(folder, file), "utf8")));
}

/** Reads one step from its file. */
export function parseStep(name: string, text: string): UpgradeStep {
  return { name, isBreaking: /^--\s*breaking\b/.test(text), body: text.trimEnd() };
}

/** The script without begin and commit. Same package, same text. */
export function installScript(schema: string, options: ScriptOptions = {}): string {
  return [
    fragment("session", { lock_timeout: `${options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS}ms` }),
    installBody(schema),
    fragment("record", { schema, version: packageVersion(), script_hash: scriptHash(schema) }),
  ].join("\n");
}

/** Tells apart two states of the sources; goes into the ledger. */
export function scriptHash(schema: string): string {
  return createHash("sha256").update(installBody(schema)).digest("hex");
}

/** The check that comes before any change; raises SQLSTATE SK001 to SK006 (see script-errors.ts). */
export function guardScript(schema: string): string {
  const path = join(packageRoot(), "sql", schema, "guard.sql");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function installBody(schema: string): string {
  const steps = upgradeSteps(schema);
  const files = schemaFiles(schema).map(({ path, text }) => ({
    isTable: path.startsWith("tables/"),
    sql: `-- ${schema}/${path}\n${text.trimEnd()}\n`,
  }));
  const version = packageVersion();
  return [
    guardScript(schema),
    fragment("detach", { schema }),
    fragment("ledger", { schema, version, known_steps: `'{${steps.map((step) => step.name).join(",")}}'` }),
    ...files.filter((file) => file.isTable).map((file) => file.sql),
    ...steps.map((step) =>
      fragment("step", {
        schema,
        version,
        step: step.name,
        breaking: String(step.isBreaking),
        body: step.body,
      }),
    ),
    ...files.filter((file) => !file.isTable).map((file) => file.sql),
  ].join("\n");
}

/** A file of sql/install/ with its @names@ replaced. The values are our own constants, never a user's text. */
export function fragment(name: string, values: Readonly<Record<string, string>>): string {
  const text = readFileSync(join(packageRoot(), "sql", "install", `${name}.sql`), "utf8");
  return text.replaceAll(/@(\w+)@/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new Error(`sql/install/${name}.sql: no value for @${key}@`);
    return value;
  });
}
