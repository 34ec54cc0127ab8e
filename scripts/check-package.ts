// Packs the package, puts it into an empty project and uses it as a stranger would: types, exports, command, library.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot, packageVersion } from "../src/pgq/index.ts";
import { checkLoading, checkTypes } from "./package/check-library.ts";
import { otherNode } from "./package/other-node.ts";
import { createStranger, pack, runtimeDependencies, type Stranger } from "./package/stranger.ts";

/** Beside the one that runs this. */
const OTHER_NODES = [20, 24].filter((major) => !process.version.startsWith(`v${major}.`));

const tsc = join(packageRoot(), "node_modules/typescript/bin/tsc");
const folder = mkdtempSync(join(tmpdir(), "skytools-package-"));
const strangers: Stranger[] = [];
const newStranger = (archive: string): Stranger => {
  const stranger = createStranger(archive);
  strangers.push(stranger);
  return stranger;
};

try {
  const archive = pack(folder);
  checkLibrary(newStranger(archive));
  checkExamples(newStranger(archive));
  checkProgram(newStranger(archive));
  console.log(`skytools ${packageVersion()}: the package can be installed and used`);
} finally {
  for (const stranger of strangers) stranger.remove();
  rmSync(folder, { recursive: true, force: true });
}

/** Nothing but the package itself is installed. */
function checkLibrary(stranger: Stranger): void {
  checkTypes(stranger);
  console.log(`Node ${process.version}: skytools/pgq loads ${checkLoading(stranger, ["node"])}`);
  for (const major of OTHER_NODES) {
    const node = otherNode(major);
    if (node === null) console.log(`Node ${major}: cannot be had here, left out`);
    else console.log(`Node ${major}: skytools/pgq loads ${checkLoading(stranger, node)}`);
  }
}

/** That the types of the examples hold; running them is for the tests. */
function checkExamples(stranger: Stranger): void {
  stranger.link(["pg", "@types/pg", "zod", "postgres", "kysely", "drizzle-orm", "knex", "@types/node", "undici-types"]);
  stranger.copy("examples", "examples");
  const files = readdirSync(join(stranger.folder, "examples"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.m?ts$/.test(name))
    .map((name) => join("examples", name));
  const flags = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "--skipLibCheck"];
  stranger.run("node", [tsc, ...flags, "--noEmit", "--allowImportingTsExtensions", ...files]);
}

function checkProgram(stranger: Stranger): void {
  stranger.link([...runtimeDependencies(), "@types/node", "undici-types"]);
  stranger.write("use.ts", [
    'import { startPostgres, type PostgresWithPgq } from "skytools/testing";',
    "export const start: () => Promise<PostgresWithPgq> = () => startPostgres({ major: 18, tickIntervalMs: 10 });",
  ]);
  stranger.write("service.ts", [
    'import { consumerProgram, runAsMain } from "skytools/service";',
    'const program = consumerProgram({ name: "x", handler: (event, tx) => tx.query("select $1", [event.data]) });',
    "await runAsMain(program);",
  ]);
  const flags = ["--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,esnext.disposable"];
  stranger.run("node", [tsc, ...flags, "--types", "node", "--noEmit", "use.ts"]);
  stranger.run("node", [tsc, ...flags, "--types", "node", "--skipLibCheck", "service.ts"]);
  expectText(stranger.run("node", ["service.js", "--version"]), "x (skytools)");

  const bin = join(stranger.packageFolder, "dist/src/cli/bin.js");
  expectText(stranger.run("node", [bin, "--version"]), `skytools ${packageVersion()}`);
  expectText(stranger.run("node", [bin, "sql", "pgq"]), "create or replace function pgq.insert_event");
  const importIt = 'import("skytools/testing").then((m) => console.log(typeof m.startPostgres))';
  expectText(stranger.run("node", ["-e", importIt]), "function");
  for (const file of ["pgq.sql", "pgq-uninstall.sql", "manifest.json"]) {
    if (existsSync(join(stranger.packageFolder, "dist/sql", file))) continue;
    throw new Error(`dist/sql/${file} is not in the package`);
  }
}

function expectText(text: string, part: string): void {
  if (!text.includes(part)) throw new Error(`expected ${JSON.stringify(part)} in: ${text.slice(0, 300)}`);
}
