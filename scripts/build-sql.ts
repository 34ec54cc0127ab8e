// Writes dist/sql/: one script to install and one to remove each schema, and what should be in the database.
// The same sources give the same bytes.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  installableSchemas,
  installScript,
  packageRoot,
  packageVersion,
  readManifest,
  uninstallScript,
  wrapInTransaction,
} from "../src/pgq/index.ts";

const folder = join(packageRoot(), "dist", "sql");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const schemas = installableSchemas().map(({ name }) => name);
for (const name of schemas) {
  const head = `-- skytools ${packageVersion()}: schema ${name}\n\n`;
  writeFileSync(join(folder, `${name}.sql`), head + wrapInTransaction(installScript(name)));
  writeFileSync(join(folder, `${name}-uninstall.sql`), head + wrapInTransaction(uninstallScript(name, false)));
}
const manifest = { version: packageVersion(), schemas: schemas.map((name) => readManifest(name)) };
writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
