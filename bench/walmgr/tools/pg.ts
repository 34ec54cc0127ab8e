// PostgreSQL's own programs: pg_basebackup, pg_receivewal, and tar for the restore.
import { join } from "node:path";
import { debianBinaries } from "../../../test/harness/debian-packages.ts";
import { startProgram } from "../../../test/interop/program.ts";
import { runClient, type WalServer } from "../server.ts";
import type { Tool } from "../tool.ts";

export function openPg({ cluster, folder, remove }: WalServer): Tool {
  const conninfo = `host=${cluster.host} port=${cluster.port} user=postgres dbname=replication`;
  let backup: string | null = null;
  let received: string | null = null;
  return {
    name: "pg",
    peakMemoryBytes: null,
    async backup(compression) {
      if (backup !== null) remove(backup);
      backup = folder();
      const compress = compression === "none" ? [] : ["-Z", "client-lz4"];
      await runClient("pg_basebackup", [
        "-d",
        conninfo,
        "-D",
        backup,
        "-F",
        "t",
        "-X",
        "fetch",
        "-c",
        "fast",
        ...compress,
      ]);
    },
    async restore(target) {
      if (backup === null) throw new Error("nothing was backed up");
      await runClient("/bin/tar", ["-xf", join(backup, "base.tar"), "-C", target]);
    },
    async receive(untilLsn) {
      if (received !== null) remove(received);
      received = folder();
      await runClient("pg_receivewal", ["-d", conninfo, "-D", received, "-S", "bench", "-E", untilLsn, "--no-loop"]);
    },
    synchronousReceiver() {
      const place = folder();
      const args = ["-d", `${conninfo} application_name=bench`, "-D", place, "--synchronous"];
      return startProgram(`${debianBinaries}/bin/pg_receivewal`, args);
    },
    startPushing: () => Promise.reject(new Error("PostgreSQL has no program for this")),
    close: () => Promise.resolve(),
  };
}
