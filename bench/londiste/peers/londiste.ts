// Londiste, the old one of Debian with pgqd and C triggers, or ours: a root and a leaf with default settings.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliProgram } from "../../../test/harness/cli-program.ts";
import { londisteProgram, pgqdProgram } from "../../../test/harness/debian-packages.ts";
import { temporaryFolder } from "../../../test/harness/temporary-folder.ts";
import { endedProgram, type Program, startProgram } from "../../../test/interop/program.ts";
import { createMarks, MARKS, untilMarked, untilTrue } from "../mark.ts";
import type { OpenPeer, Peer } from "../peer.ts";
import { processCpuSeconds } from "../../harness/process-cpu.ts";
import { within } from "../patience.ts";
import { DATABASE, dsnOf, startServers } from "../servers.ts";

interface Programs {
  readonly londiste: readonly [string, ...(readonly string[])];
  readonly pgqd: readonly [string, ...(readonly string[])];
}

const programs: Readonly<Record<"ours" | "old", Programs>> = {
  ours: { londiste: [process.execPath, ...cliProgram, "londiste"], pgqd: [process.execPath, ...cliProgram, "pgqd"] },
  old: { londiste: [londisteProgram], pgqd: [pgqdProgram] },
};

const QUEUE = "bench";

export const openOurs: OpenPeer = (patienceSeconds) => openLondiste("ours", patienceSeconds);
export const openOld: OpenPeer = (patienceSeconds) => openLondiste("old", patienceSeconds);

async function openLondiste(name: "ours" | "old", patienceSeconds: number): Promise<Peer> {
  const { londiste, pgqd } = programs[name];
  const servers = await startServers();
  const folder = temporaryFolder();
  const origin = await servers.connect(servers.origin);
  const replica = await servers.connect(servers.replica);
  const inis = { root: servers.origin, leaf: servers.replica };
  const iniOf = (node: keyof typeof inis): string => folder.file(`${node}.ini`);
  for (const [node, server] of Object.entries(inis)) {
    const lines = ["[londiste]", `job_name = l_${node}`, `db = ${dsnOf(server)}`, `queue_name = ${QUEUE}`, ""];
    writeFileSync(join(folder.path, `${node}.ini`), lines.join("\n"));
  }
  const run = async (node: keyof typeof inis, ...words: readonly string[]): Promise<number | null> => {
    const [program, ...before] = londiste;
    const { status, output } = await within(
      patienceSeconds,
      `londiste ${words.join(" ")}`,
      endedProgram(program, [...before, iniOf(node), ...words]),
    );
    if (status === 1 || status === null) throw new Error(`londiste ${words.join(" ")} failed: ${output}`);
    return status;
  };
  const start = ([program, ...before]: Programs["pgqd"], ...words: readonly string[]): Program =>
    startProgram(program, [...before, ...words]);

  await createMarks(origin, replica);
  await run("root", "create-root", "root", dsnOf(servers.origin));
  await run("leaf", "create-leaf", "leaf", dsnOf(servers.replica), `--provider=${dsnOf(servers.origin)}`);
  const { host, port } = servers.origin;
  writeFileSync(
    folder.file("pgqd.ini"),
    `[pgqd]\nbase_connstr = host=${host} port=${port} user=postgres\ndatabase_list = ${DATABASE}\nsyslog = 0\n`,
  );
  const ticker = start(pgqd, folder.file("pgqd.ini"));
  const workers = [start(londiste, iniOf("root"), "worker"), start(londiste, iniOf("leaf"), "worker")];
  const leafWorker = workers[1]!;

  const addTables = async (...words: readonly string[]): Promise<void> => {
    await run("root", "add-table", ...words.filter((word) => !word.startsWith("--")));
    await run("leaf", "add-table", ...words);
  };
  const peer: Peer = {
    name,
    origin,
    replica,
    originUrl: servers.origin.url(DATABASE),
    replicaUrl: servers.replica.url(DATABASE),
    addTable: (table) => addTables(table),
    addEqualTable: (...tables) => addTables(...tables, "--expect-sync"),
    inSync: (table) =>
      untilTrue(
        replica,
        `select merge_state = 'ok' as done from londiste.table_info where table_name = $1 and queue_name = $2`,
        [table, QUEUE],
        patienceSeconds,
      ),
    caughtUp: () => untilMarked(origin, replica, patienceSeconds),
    pause: () => void process.kill(leafWorker.pid, "SIGSTOP"),
    resume: () => void process.kill(leafWorker.pid, "SIGCONT"),
    run: (...words) => run("leaf", ...words),
    cpuSeconds: () =>
      servers.cpuSeconds() + [ticker, ...workers].reduce((sum, { pid }) => sum + processCpuSeconds(pid), 0),
    async close() {
      await Promise.all([ticker, ...workers].map((program) => program.stop("SIGKILL")));
      await servers.stop();
      folder[Symbol.dispose]();
    },
  };
  await peer.addEqualTable(MARKS);
  return peer;
}
