// Puts the programs into few files: reading some hundred modules one by one takes most of the time in which a command starts.
// The programs stay where they are; what they are made of goes into a folder beside them. Libraries stay outside. Runs after
// the compiler, once.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { rolldown } from "rolldown";
import { packageRoot } from "../src/pgq/index.ts";

const folder = join(packageRoot(), "dist/src/cli");
/** One level below the programs, as every module is: files that are found from their own place are found from there too. */
const PARTS = "parts";
const { bin } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
  bin: Record<string, string>;
};
const programs = Object.values(bin).map((file) => basename(file, ".js"));

rmSync(join(folder, PARTS), { recursive: true, force: true });
for (const name of programs) rmSync(join(folder, `${name}.js.map`), { force: true });
await using bundle = await rolldown({
  input: Object.fromEntries(programs.map((name) => [name, join(folder, `${name}.js`)])),
  platform: "node",
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
});
await bundle.write({
  dir: folder,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: `${PARTS}/[name]-[hash].js`,
});
console.log(`${programs.length} programs, ${readdirSync(join(folder, PARTS)).length} files`);
