// skytools/pgq in a project that has nothing else: no driver, no types of one. It must load, run, and its types must
// hold, whatever the project says of skipLibCheck.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../src/pgq/index.ts";
import type { Stranger } from "./stranger.ts";

const tsc = join(packageRoot(), "node_modules/typescript/bin/tsc");

/** The last one leaves the output that is run below. */
const resolutions = [
  ["--module", "esnext", "--moduleResolution", "bundler"],
  ["--module", "node16"],
  ["--module", "nodenext"],
];

/** What an application could look like. The executor answers as a server would. */
const application = [
  'import { defineQueue, send, sendMany, type EventInput, type StandardSchema } from "skytools/pgq";',
  "",
  "const schema: StandardSchema<{ id: number }> = {",
  '  "~standard": { version: 1, vendor: "stranger", validate: (value) => ({ value: value as { id: number } }) },',
  "};",
  'const orders = defineQueue("orders", { events: { paid: schema } });',
  "const db = {",
  "  query: async (sql: string, params: readonly unknown[] = []) =>",
  '    [sql.includes("insert_events") ? { ids: "{7,8}" } : { id: String(params.length) }],',
  "};",
  'const event: EventInput<typeof orders> = { type: "paid", payload: { id: 1 } };',
  "// @ts-expect-error the payload is of another type",
  'const wrong: EventInput<typeof orders> = { type: "paid", payload: { id: "1" } };',
  'console.log("ids", await send(db, orders, event), ...(await sendMany(db, orders, [event, wrong])));',
];

/** Writes down each module that is loaded. */
const hooks = [
  'import { appendFileSync } from "node:fs";',
  "export async function load(url, context, next) {",
  '  appendFileSync(process.env.LOADED_FILE, url + "\\n");',
  "  return next(url, context);",
  "}",
];

const start = [
  'import { register } from "node:module";',
  'register("./hooks.js", import.meta.url);',
  'await import("./application.js");',
];

export function checkTypes(stranger: Stranger): void {
  stranger.write("application.ts", application);
  stranger.link(["@types/node", "undici-types"]);
  const flags = ["--strict", "--target", "es2022", "--types", "node", "application.ts"];
  for (const resolution of resolutions) {
    for (const skip of ["true", "false"]) stranger.run("node", [tsc, ...flags, ...resolution, "--skipLibCheck", skip]);
  }
}

/** `node` is the program and its first arguments, so that another Node can run it. */
export function checkLoading(stranger: Stranger, [program, ...args]: readonly [string, ...string[]]): string {
  stranger.write("hooks.js", hooks);
  stranger.write("start.js", start);
  const loadedFile = join(stranger.folder, `loaded-${performance.now()}`);
  const printed = stranger.run(program, [...args, "start.js"], { LOADED_FILE: loadedFile });
  if (printed.trim() !== "ids 3n 7n 8n") throw new Error(`the application printed ${printed}`);

  const own = pathToFileURL(join(stranger.packageFolder, "dist", "src")).href;
  const isOurs = (url: string): boolean => ["pgq", "errors", "clock"].some((part) => url.startsWith(`${own}/${part}/`));
  const loaded = readFileSync(loadedFile, "utf8").trim().split("\n");
  const foreign = loaded.filter((url) => !url.startsWith("node:") && !isOurs(url) && !url.endsWith("/application.js"));
  if (foreign.length > 0) throw new Error(`skytools/pgq loads ${foreign.join(", ")}`);
  return `${loaded.filter(isOurs).length} files of ours, no others`;
}
