// Packs the package, installs it into an empty project and uses it as a stranger would: types, exports, command.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot, packageVersion } from "../src/pgq/index.ts";

const root = packageRoot();
const project = mkdtempSync(join(tmpdir(), "skytools-package-"));
const run = (program: string, args: string[]): string =>
  execFileSync(program, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

try {
  const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project], {
    cwd: root,
    encoding: "utf8",
  }).trim();
  const target = join(project, "node_modules", "skytools");
  mkdirSync(target, { recursive: true });
  run("tar", ["-xzf", packed, "--strip-components=1", "-C", target]);
  linkDependencies();

  writeFileSync(join(project, "package.json"), '{"name":"stranger","private":true,"type":"module"}\n');
  writeFileSync(
    join(project, "use.ts"),
    [
      'import { startPostgres, type PostgresWithPgq } from "skytools/testing";',
      "export const start: () => Promise<PostgresWithPgq> = () => startPostgres({ major: 18, tickIntervalMs: 10 });",
    ].join("\n"),
  );
  const flags = ["--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,esnext.disposable"];
  run("node", [join(root, "node_modules/typescript/bin/tsc"), ...flags, "--types", "node", "--noEmit", "use.ts"]);

  const bin = join(target, "dist/src/cli/bin.js");
  expectText(run("node", [bin, "--version"]), `skytools ${packageVersion()}`);
  expectText(run("node", [bin, "sql", "pgq"]), "create or replace function pgq.insert_event");
  expectText(
    run("node", ["-e", 'import("skytools/testing").then((m) => console.log(typeof m.startPostgres))']),
    "function",
  );
  for (const file of ["pgq.sql", "pgq-uninstall.sql", "manifest.json"]) {
    if (!existsSync(join(target, "dist/sql", file))) throw new Error(`dist/sql/${file} is not in the package`);
  }
  console.log(`skytools ${packageVersion()}: the package can be installed and used`);
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** The dependencies that are installed here, as the lock file lists them, so that nothing has to be downloaded. */
function linkDependencies(): void {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const folders = Object.keys(lock.packages).filter(
    (path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && lock.packages[path]?.dev !== true,
  );
  for (const folder of [...folders, "node_modules/@types/node", "node_modules/undici-types"]) {
    const link = join(project, folder);
    if (existsSync(link) || !existsSync(join(root, folder))) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, folder), link);
  }
}

function expectText(text: string, part: string): void {
  if (!text.includes(part)) throw new Error(`expected ${JSON.stringify(part)} in: ${text.slice(0, 300)}`);
}
