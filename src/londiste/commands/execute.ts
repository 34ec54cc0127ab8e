// execute and skip-script: SQL scripts that run on all nodes.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import { type Connection, splitStatements } from "../../postgres/index.ts";
import { programCommand } from "../../programs/index.ts";
import type { Logger } from "../../service/index.ts";
import { parseScriptAttributes, runScriptOnRoot, type Script, type ScriptOutcome } from "../execute/index.ts";
import { remakeCaptures, skipScript } from "../sql-calls/index.ts";
import { memberOf } from "./context.ts";
import { dryRun, memberKeys } from "./keys.ts";

const outcomes: Readonly<Record<ScriptOutcome, string>> = {
  run: "run",
  repeated: "was run before, skipped",
  "not here": "sent to the others, not run here",
};

export const executeCommand = programCommand({
  name: "execute",
  summary: "run SQL scripts on the root, and then on all nodes at the same place among the changes",
  args: [{ name: "file", doc: "a script; its base name counts once", isRest: true }],
  keys: memberKeys,
  flags: { dryRun },
  pidfile: "admin",
  examples: [{ line: "root.ini execute add-column.sql", doc: "all files of one call run in one transaction" }],
  async run(context) {
    const { options, args, service, out } = context;
    const scripts = await Promise.all(args.map(readScript));
    if (options.dryRun) {
      const plan = scripts.map(describe);
      out.result(
        plan,
        plan.map(({ name, attributes, statements }) => planText(name, attributes, statements)).join("\n"),
      );
      return undefined;
    }
    const { db, node, context: set } = await memberOf(context);
    if (node.type !== "root") {
      throw new SkytoolsError("SET_REFUSED", `Node is not root node: ${node.name}`, {
        hint: "scripts are given to the root, which sends them to the others",
      });
    }
    const results = await db.transaction(async () => {
      const made: { name: string; outcome: ScriptOutcome }[] = [];
      for (const script of scripts) {
        made.push({ name: script.name, outcome: await runScriptOnRoot(db, service.log, set.queue, script) });
      }
      return made;
    });
    if (results.some(({ outcome }) => outcome === "run")) await followScripts(db, service.log);
    out.done(results, results.map(({ name, outcome }) => `${name}: ${outcomes[outcome]}`).join("\n"));
    return undefined;
  },
});

export const skipScriptCommand = programCommand({
  name: "skip-script",
  summary: "have a script of execute not run on this node",
  args: [{ name: "script", doc: "base name of its file" }],
  keys: memberKeys,
  pidfile: "admin",
  examples: [
    {
      line: "leaf.ini skip-script add-column.sql",
      doc: "the worker passes over it, also when it has failed here before",
    },
  ],
  async run(context) {
    const { args, out } = context;
    const [name = ""] = args;
    const { db, context: set } = await memberOf(context);
    const isNew = await skipScript(db, set.queue, name);
    out.done({ script: name, isNew }, isNew ? `${name} will not be run here` : `${name} was run or skipped before`);
    return undefined;
  },
});

/**
 * What the application writes next is logged as the tables are now. Behind the transaction of the scripts, which keeps
 * everybody from the tables that it altered.
 */
async function followScripts(db: Connection, log: Logger): Promise<void> {
  try {
    await remakeCaptures(db);
  } catch (error) {
    log.warn({ error }, "triggers of altered tables are not made anew yet: they are slower until the ticker does it");
  }
}

async function readScript(file: string): Promise<Script> {
  try {
    return { name: basename(file), sql: await readFile(file, "utf8") };
  } catch (cause) {
    throw new SkytoolsError("WRONG_USE", `cannot read the script ${file}`, { cause });
  }
}

function describe({ name, sql }: Script): { name: string; attributes: object; statements: readonly string[] } {
  return { name, attributes: Object.fromEntries(parseScriptAttributes(sql)), statements: [...splitStatements(sql)] };
}

function planText(name: string, attributes: object, statements: readonly string[]): string {
  const conditions = Object.entries(attributes).map(([key, values]) => `  only with ${key}: ${String(values)}`);
  return [`${name}: ${statements.length} statement(s)`, ...conditions, ...statements].join("\n");
}
