// Writes docs/reference/ from the tables and headers in the sources. With --check it only says whether they are current.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../src/service/index.ts";
import { setadm } from "../src/cascade/index.ts";
import { londiste } from "../src/londiste/index.ts";
import { schemaFiles } from "../src/pgq/install/schema-source.ts";
import { type commandProgram, consumerKeys } from "../src/programs/index.ts";
import { pgqd } from "../src/ticker/index.ts";
import { walmgr } from "../src/walmgr/index.ts";
import { commandPage } from "./docs/command-page.ts";
import { configurationPage } from "./docs/configuration-page.ts";
import { errorPage } from "./docs/error-page.ts";
import { functionPage } from "./docs/function-page.ts";
import { libraryPage, pgqText, walmgrText } from "./docs/library-page.ts";
import { programPage } from "./docs/program-page.ts";

const NOTE = "<!-- made by npm run gen-docs; do not edit -->\n\n";

const commandPrograms: readonly ReturnType<typeof commandProgram>[] = [setadm, londiste, walmgr];

const pages: Readonly<Record<string, string>> = {
  "commands.md": commandPage(),
  "configuration.md": configurationPage([pgqd, consumerKeys, ...commandPrograms]),
  ...Object.fromEntries(commandPrograms.map((program) => [`${program.name}.md`, programPage(program)])),
  "errors.md": errorPage(),
  "functions.md": functionPage("pgq", schemaFiles("pgq")),
  "functions-pgq-coop.md": functionPage("pgq_coop", schemaFiles("pgq_coop")),
  "functions-pgq-ext.md": functionPage("pgq_ext", schemaFiles("pgq_ext")),
  "functions-pgq-node.md": functionPage("pgq_node", schemaFiles("pgq_node")),
  "functions-londiste.md": functionPage("londiste", schemaFiles("londiste")),
  "library.md": libraryPage(join(packageRoot(), "src", "pgq", "public.ts"), pgqText),
  "library-walmgr.md": libraryPage(join(packageRoot(), "src", "walmgr", "public.ts"), walmgrText),
};

const folder = join(packageRoot(), "docs", "reference");
const isCheck = process.argv.includes("--check");
const stale = Object.entries(pages).filter(([name, text]) => {
  const path = join(folder, name);
  return !existsSync(path) || readFileSync(path, "utf8") !== NOTE + text;
});
if (isCheck && stale.length > 0) {
  console.error(`docs/reference is not current (${stale.map(([name]) => name).join(", ")}): npm run gen-docs`);
  process.exitCode = 1;
} else if (!isCheck) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of stale) writeFileSync(join(folder, name), NOTE + text);
}
