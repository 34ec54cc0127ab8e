// Runs a file of examples/ as its reader would: a program of its own, with the built package. TypeScript is only
// stripped of its types here; that the types hold is checked with the package.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Below the package, so that its files find the package by its name. */
const folder = join(root, "dist", `examples-${process.pid}`);
const LIMIT_MS = 60_000;

/** @returns what it prints; an exit with another status than 0 is an error */
export async function runExample(
  name: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<string> {
  prepare();
  const file = join(folder, compiledName(name));
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
    cwd: dirname(file),
    env: { ...process.env, ...env },
    timeout: LIMIT_MS,
  });
  return stdout;
}

export function removeExamples(): void {
  rmSync(folder, { recursive: true, force: true });
}

let isPrepared = false;

function prepare(): void {
  if (isPrepared) return;
  isPrepared = true;
  const source = join(root, "examples");
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    const target = join(folder, name);
    mkdirSync(dirname(target), { recursive: true });
    if (/\.(mjs|ini)$/.test(name)) cpSync(join(source, name), target);
    if (/\.m?ts$/.test(name)) writeFileSync(compiledName(target), stripped(join(source, name)));
  }
}

function compiledName(name: string): string {
  return name.replace(/\.(m?)ts$/, ".$1js");
}

function stripped(file: string): string {
  const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  return outputText;
}
