// An empty project outside of this repository, with the packed package in it.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../../src/pgq/index.ts";

const root = packageRoot();

export interface Stranger {
  readonly folder: string;
  /** The installed package. */
  readonly packageFolder: string;
  /** Runs a program in the project. @returns what it prints; what it complains of goes through */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): string;
  write(name: string, lines: readonly string[]): void;
  copy(from: string, to: string): void;
  /** Makes packages available that are installed here, so that nothing has to be downloaded. */
  link(packages: readonly string[]): void;
  remove(): void;
}

/** Packs what was built; `npm pack` decides what belongs to it. @returns path of the archive */
export function pack(into: string): string {
  const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", into];
  return join(into, execFileSync("npm", args, { cwd: root, encoding: "utf8" }).trim());
}

export function createStranger(archive: string): Stranger {
  const folder = mkdtempSync(join(tmpdir(), "skytools-stranger-"));
  const packageFolder = join(folder, "node_modules", "skytools");
  const run: Stranger["run"] = (program, args, env = {}) =>
    execFileSync(program, args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
  mkdirSync(packageFolder, { recursive: true });
  run("tar", ["-xzf", archive, "--strip-components=1", "-C", packageFolder]);
  writeFileSync(join(folder, "package.json"), '{"name":"stranger","private":true,"type":"module"}\n');
  return {
    folder,
    packageFolder,
    run,
    write: (name, lines) => writeFileSync(join(folder, name), `${lines.join("\n")}\n`),
    copy: (from, to) => cpSync(join(root, from), join(folder, to), { recursive: true }),
    link: (packages) => packages.forEach((name) => linkPackage(folder, name)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function linkPackage(folder: string, name: string): void {
  const [target, link] = [join(root, "node_modules", name), join(folder, "node_modules", name)];
  if (existsSync(link) || !existsSync(target)) return;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(target, link);
}

/** The dependencies that an installation brings, as the lock file lists them. */
export function runtimeDependencies(): string[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.keys(lock.packages)
    .filter((path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && lock.packages[path]?.dev !== true)
    .map((path) => path.replace("node_modules/", ""));
}
