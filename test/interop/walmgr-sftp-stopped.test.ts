// A signal ends what waits for a server behind ssh, also in commands that write.
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cluster } from "../../src/testing/index.ts";
import { serverOwner } from "../../src/testing/server-process.ts";
import { SftpStore } from "../../src/walmgr/index.ts";
import { madeSegment } from "../harness/made-wal.ts";
import { type Proxy, startProxy } from "../harness/proxy.ts";
import { startQuietCluster } from "../harness/quiet-cluster.ts";
import { until } from "../harness/until.ts";
import { type WalmgrSite, walmgrSite } from "../harness/walmgr-site.ts";
import { type SshServer, startSshd } from "./sshd.ts";

/** A second for what was asked, and one for the cleaning up, on a busy computer. */
const SOON_MS = 5_000;
const FIVE = "000000010000000000000005";

let ssh: SshServer;
let cluster: Cluster;

beforeAll(async () => {
  ssh = await startSshd();
  cluster = await startQuietCluster({ major: 18, durable: true, settings: { fsync: "off" } });
});

afterAll(async () => {
  await cluster.stop();
  await ssh.stop();
});

const hostKey = (): string => `SHA256:${createHash("sha256").update(ssh.hostKey).digest("base64")}`;

/** One whose repository is behind the proxy. */
function siteBehind(way: Proxy, name: string): WalmgrSite {
  const site = walmgrSite([
    `primary_conninfo = ${cluster.url()}`,
    `repositories = sftp://${ssh.user}@127.0.0.1:${way.port}${ssh.root}/${name}`,
    `sftp_host_key = ${hostKey()}`,
    "sftp_private_key = %(walmgr_data)s/../key",
    "slave_data = %(walmgr_data)s/../standby",
    "backup_rate = 1M",
    "backup_checkpoint = fast",
  ]);
  const { uid, gid } = serverOwner();
  copyFileSync(ssh.privateKeyFile, join(site.folder, "key"));
  writeFileSync(join(site.folder, FIVE), madeSegment(FIVE));
  if (uid !== undefined && gid !== undefined) chownSync(join(site.folder, "key"), uid, gid);
  mkdirSync(join(ssh.root, name));
  return site;
}

async function endsSoon(running: ReturnType<WalmgrSite["start"]>): Promise<void> {
  const began = performance.now();
  expect(await running.end("SIGTERM")).toBe(1);
  expect(running.output()).toContain("stopped by a signal");
  expect(performance.now() - began).toBeLessThan(SOON_MS);
}

const namesIn = (folder: string): readonly string[] => readdirSync(folder, { recursive: true, encoding: "utf8" });

test.each([
  ["backup"],
  ["sync"],
  ["archive-push", FIVE, FIVE],
  ["expire"],
  ["keep", "20260101-000000F"],
  ["combine"],
  ["createslave"],
  ["verify"],
])("%s that waits for the login ends with status 1", async (...words) => {
  await using way = await startProxy(ssh.port);
  await using site = siteBehind(way, `login-${words[0]}`);
  way.swallow();
  const running = site.start(...words);
  const connects = until(() => way.connections > 0, { timeoutMs: 30_000, what: "a connection" });
  await Promise.race([connects, running.ended.then(() => expect.unreachable(running.output()))]);

  await endsSoon(running);
});

test("backup that waits for an object ends with status 1, and the next one goes on", async () => {
  await using way = await startProxy(ssh.port);
  await using site = siteBehind(way, "backup");
  const folder = join(ssh.root, "backup", "backup");
  const running = site.start("backup");
  await until(() => existsSync(folder) && namesIn(folder).some((name) => name.endsWith("backup.json")), {
    timeoutMs: 60_000,
    what: "backup.json",
  });
  way.swallow();

  await endsSoon(running);

  way.letThrough();
  await site.run("backup", "--set", "backup_rate=");
  const backups = JSON.parse(await site.run("listbackups", "--json")) as readonly { readonly state: string }[];
  expect(backups.map(({ state }) => state)).toEqual(["running", "done"]);
}, 120_000);

test("an object whose server falls silent is given up a second after the stop, and so is the cleaning up", async () => {
  const stop = new AbortController();
  const { host, port, user, privateKeyFile } = ssh;
  const common = { host, port, user, privateKeyFile, hostKey: hostKey(), agent: null, home: null };
  await using store = new SftpStore({ ...common, path: join(ssh.root, "objects"), stop: stop.signal });
  await store.make();
  async function* silentAfterFirst(): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield Buffer.alloc(1000);
    ssh.signalSessions("SIGSTOP");
    ssh.freeze();
    stop.abort();
    yield Buffer.alloc(1000);
  }
  const began = performance.now();

  await expect(store.put("x", silentAfterFirst())).rejects.toMatchObject({ code: "ABORTED" });
  await expect(store.delete(["y"])).rejects.toMatchObject({ code: "ABORTED" });
  await expect(store.delete(["y"])).rejects.toMatchObject({ code: "ABORTED" });
  expect(performance.now() - began).toBeLessThan(SOON_MS);
  ssh.thaw();
  ssh.signalSessions("SIGKILL");
});

test("after a stop a server that is well still takes the cleaning up", async () => {
  const stop = new AbortController();
  const { host, port, user, privateKeyFile } = ssh;
  const common = { host, port, user, privateKeyFile, hostKey: hostKey(), agent: null, home: null };
  await using store = new SftpStore({ ...common, path: join(ssh.root, "well"), stop: stop.signal });
  await store.make();
  await store.put("x", [Buffer.alloc(10)]);
  stop.abort();

  await store.delete(["x"]);

  expect(await store.stat("x")).toBeNull();
});
