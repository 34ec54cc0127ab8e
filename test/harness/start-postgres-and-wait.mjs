// Run as a child: starts a server from the built package, says where, and waits to be killed.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startPostgres } from "../../dist/src/testing/index.js";

const server = await startPostgres({ major: Number(process.argv[2]) });
const pid = Number.parseInt(readFileSync(join(server.cluster.dataDirectory, "postmaster.pid"), "utf8"), 10);
process.stdout.write(`${JSON.stringify({ pid, directory: dirname(server.cluster.dataDirectory) })}\n`);
setInterval(() => undefined, 60_000);
