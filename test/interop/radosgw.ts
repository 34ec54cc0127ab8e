// A real S3 service: Ceph's radosgw with one monitor and one store in memory. It checks signatures and conditional
// writes, which simple stand-ins do not.
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { freePort } from "../../src/testing/server-process.ts";
import { until } from "../harness/until.ts";
import { type Program, runProgram, startProgram } from "./program.ts";

export interface ObjectService {
  /** http://127.0.0.1:PORT; buckets are paths below it. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Lets requests hang until `thaw`. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

const ACCESS_KEY = "skytools";
const SECRET_KEY = "not-secret";
/** Daemons without keys between them can speak only this mode. */
const PLAIN = "--ms_mon_client_mode=crc";

export async function startRadosgw(): Promise<ObjectService> {
  const folder = temporaryFolder();
  const conf = folder.file("ceph.conf");
  const [monitor, gateway, first] = [await freePort(), await freePort(), await freePort()];
  const [cluster, osd] = [randomUUID(), randomUUID()];
  for (const name of ["mon", "osd", "rgw"]) mkdirSync(folder.file(name));
  writeFileSync(conf, configuration({ folder: folder.path, cluster, monitor, gateway, first }));

  const programs: Program[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop("SIGKILL")));
    folder[Symbol.dispose]();
  };
  try {
    const map = folder.file("monmap");
    await runProgram("monmaptool", ["--create", "--addv", "a", `[v2:127.0.0.1:${monitor}]`, "--fsid", cluster, map]);
    await runProgram("ceph-mon", ["-c", conf, "--mkfs", "-i", "a", "--monmap", map]);
    programs.push(startProgram("ceph-mon", ["-c", conf, "-i", "a", "-f"]));
    await runProgram("ceph", ["-c", conf, "--connect-timeout", "60", "osd", "new", osd]);
    await runProgram("ceph-osd", ["-c", conf, "-i", "0", "--mkfs", "--osd-uuid", osd]);
    programs.push(startProgram("ceph-osd", ["-c", conf, "-i", "0", "-f"]));
    const keys = ["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY];
    await runProgram("radosgw-admin", ["-c", conf, "user", "create", "--uid=t", "--display-name=t", ...keys, PLAIN]);
    const radosgw = startProgram("radosgw", ["-c", conf, "-n", "client.rgw", "-f", PLAIN]);
    programs.push(radosgw);
    const endpoint = `http://127.0.0.1:${gateway}`;
    await until(() => answers(endpoint), { timeoutMs: 120_000, what: "radosgw answering" });
    return {
      ...{ endpoint, accessKey: ACCESS_KEY, secretKey: SECRET_KEY, stop },
      freeze: () => void process.kill(radosgw.pid, "SIGSTOP"),
      thaw: () => void process.kill(radosgw.pid, "SIGCONT"),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(endpoint)).ok;
  } catch {
    return false;
  }
}

interface Place {
  readonly folder: string;
  readonly cluster: string;
  readonly monitor: number;
  readonly gateway: number;
  /** The store takes some of the ports that follow. */
  readonly first: number;
}

function configuration({ folder, cluster, monitor, gateway, first }: Place): string {
  return `[global]
fsid = ${cluster}
mon host = v2:127.0.0.1:${monitor}
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data = ${folder}/mon
mon data avail crit = 1
mon pg warn min per osd = 0
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
run dir = ${folder}
log file = ${folder}/$name.log
admin socket =
pid file =
ms bind port min = ${first}
ms bind port max = ${Math.min(65_535, first + 200)}
ms bind msgr1 = false
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw data = ${folder}/rgw
`;
}
