// Repositories in a real object store and behind a real sshd do what a directory does.
import { copyFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createHash, randomBytes } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock/index.ts";
import { ChunkPool, type ChunkTotals, openChunks, storeChunks } from "../../src/walmgr/chunks/index.ts";
import { bytesOf, readAll } from "../../src/walmgr/codec/index.ts";
import { makeTar } from "../../src/walmgr/formats/index.ts";
import {
  openRepository,
  openStore,
  S3Store,
  type SftpOptions,
  SftpStore,
  type Store,
  type StoreOptions,
} from "../../src/walmgr/index.ts";
import { verify } from "../../src/walmgr/verify/index.ts";
import { freePort } from "../../src/testing/server-process.ts";
import { debianBinaries } from "../harness/debian-packages.ts";
import { madeSegment, MADE_SEGMENT_BYTES, MADE_SYSTEM_ID } from "../harness/made-wal.ts";
import { mountSmallDisk } from "../harness/small-disk.ts";
import { startProxy } from "../harness/proxy.ts";
import { queryAt } from "../harness/query-at.ts";
import { storeContract } from "../harness/store-contract.ts";
import { type TemporaryFolder, temporaryFolder } from "../harness/temporary-folder.ts";
import { restorePlace, restoreTo, startWalmgrSide } from "../harness/walmgr-side.ts";
import { runProgram } from "./program.ts";
import { type ObjectService, startRadosgw } from "./radosgw.ts";
import { type SshServer, startSshd } from "./sshd.ts";

const FIVE = "000000010000000000000005";
let counter = 0;

/** Larger than one part of an upload. */
async function* manyBytes(megabytes: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let i = 0; i < megabytes; i += 1) yield Buffer.alloc(1024 * 1024, i);
}

async function sizeOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const piece of body) size += piece.byteLength;
  return size;
}

function common(kind: string, make: () => Store): void {
  storeContract(kind, async (work) => {
    await using store = make();
    await work(store);
  });

  test(`${kind}: a large object goes up in parts and comes back whole`, async () => {
    await using store = make();

    expect(await store.put("large", manyBytes(37))).toEqual({ sizeBytes: 37 * 1024 * 1024 });
    expect(await sizeOf(await store.get("large"))).toBe(37 * 1024 * 1024);
    await expect(store.put("large", manyBytes(37), { ifAbsent: true })).rejects.toMatchObject({
      code: "STORE_OBJECT_EXISTS",
    });
  });

  test(`${kind}: a backup whose files are objects of their own is taken, checked, restored and removed`, async () => {
    await using side = await startWalmgrSide({ binaries: debianBinaries });
    await using place = await restorePlace(15, debianBinaries);
    await side.query("create table t as select id, md5(id::text) as text from generate_series(1, 50000) id");
    await using repository = openRepository({ store: make(), clock: systemClock });
    const wish = { repositories: [repository], format: "plain", parallelObjects: 16 } as const;

    const { backup } = await side.repository().backup(wish);
    const { findings } = await verify({ repository, level: 3, clock: systemClock });
    await restoreTo({ repository, restoreCommand: "false" }, place, { target: { kind: "immediate" } });
    const folders = await repository.store.folders(`backup/${backup.set}`);
    await repository.store.deleteFolder(`backup/${backup.set}`);

    expect(findings).toEqual([]);
    expect(folders).toEqual(["data"]);
    expect(await repository.store.folders("backup")).toEqual([]);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select count(*)::int as n from t")).toEqual([{ n: 50_000 }]);
  });

  test(`${kind}: an archive comes back from its chunks, and the next one sends only what is new`, async () => {
    await using store = make();
    const files = Array.from({ length: 40 }, (_, i) => ({ name: `${i}`, bytes: randomBytes(300_000) }));
    const put = async (tar: Buffer) => {
      const totals: ChunkTotals = { count: 0, storedBytes: 0, addedBytes: 0 };
      const how = { pool: await ChunkPool.open([store]), coding: { compression: "gzip" }, parallel: 4 } as const;
      const list = await readAll(storeChunks(bytesOf(tar), { ...how, signal: undefined, totals }));
      return { list, totals };
    };
    const [first, second] = [makeTar(files), makeTar(files.with(3, { name: "3", bytes: randomBytes(100_000) }))];

    const whole = await put(first);
    const changed = await put(second);

    expect(changed.totals.addedBytes).toBeLessThan(whole.totals.storedBytes / 10);
    expect((await readAll(openChunks(store, bytesOf(whole.list), []))).equals(first)).toBe(true);
    expect((await readAll(openChunks(store, bytesOf(changed.list), []))).equals(second)).toBe(true);
  });

  test(`${kind}: a repository works in it, with one holder of a lease`, async () => {
    await using repository = openRepository({ store: make(), clock: systemClock, coding: { compression: "gzip" } });
    await repository.enroll({ systemId: MADE_SYSTEM_ID, segmentBytes: MADE_SEGMENT_BYTES, major: 18 });
    const { wal } = repository;

    expect(await wal.putSegment(FIVE, () => [madeSegment(FIVE)])).toBe("stored");
    expect(await wal.putSegment(FIVE, () => [madeSegment(FIVE)])).toBe("present");
    await expect(wal.putSegment(FIVE, () => [madeSegment(FIVE, 2)])).rejects.toMatchObject({ code: "WAL_DIFFERS" });
    expect(await sizeOf(await wal.getSegment(FIVE))).toBe(MADE_SEGMENT_BYTES);
    await using lease = await repository.lease("backup");
    await expect(repository.lease("backup")).rejects.toMatchObject({ code: "LEASE_HELD" });
    expect(lease.lost.aborted).toBe(false);
  });
}

/** pass; lose: the service does it, and the answer is an error of the server; break: the connection is reset at once. */
type Fate = "pass" | "lose" | "break";

/** A way to the service on which requests get lost. */
async function badWay(target: string, fateOf: (incoming: IncomingMessage) => Fate) {
  let spoilt = 0;
  const server = createServer((incoming, outgoing) => {
    const { headers, url = "", method } = incoming;
    const fate = fateOf(incoming);
    if (fate !== "pass") spoilt += 1;
    if (fate === "break") {
      incoming.socket.resetAndDestroy();
      return;
    }
    const forwarded = request(target + url, { method, headers }, (answer) => {
      if (fate === "lose") {
        answer.resume().on("end", () => outgoing.writeHead(503).end());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Requests that did not pass. */
    spoilt: () => spoilt,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe("an object store", () => {
  let service: ObjectService;

  beforeAll(async () => {
    service = await startRadosgw();
    const { accessKey, secretKey, endpoint } = service;
    const client = new AwsClient({
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      service: "s3",
      region: "us-east-1",
    });
    const answer = await client.fetch(`${endpoint}/wal`, { method: "PUT" });
    expect(answer.status).toBe(200);
  }, 180_000);

  afterAll(() => service.stop());

  const options = (secretKey = service.secretKey) => ({
    endpoint: service.endpoint,
    region: "us-east-1",
    accessKey: service.accessKey,
    secretKey,
    bucket: "wal",
  });

  common("s3", () => new S3Store({ ...options(), prefix: `R&D <p>/${(counter += 1)}` }));

  test("a wrong secret and a missing bucket are failures, not absence", async () => {
    const wrong = new S3Store({ ...options("wrong"), prefix: "" });
    const nowhere = new S3Store({ ...options(), bucket: "nowhere", prefix: "" });

    for (const [store, hint] of [
      [wrong, "s3_secret_key"],
      [nowhere, "make the bucket"],
    ] as const) {
      const failure = { code: "STORE_FAILED", hint: expect.stringContaining(hint) as string };
      await expect(store.stat("x")).rejects.toMatchObject(failure);
      await expect(store.get("x")).rejects.toMatchObject(failure);
    }
  });

  test("what was on its way when a connection broke is sent again", async () => {
    let requests = 0;
    await using door = await badWay(service.endpoint, () => ((requests += 1) % 2 === 1 ? "break" : "pass"));
    await using store = new S3Store({ ...options(), endpoint: door.endpoint, prefix: "broken" });

    expect(await store.put("large", manyBytes(37))).toEqual({ sizeBytes: 37 * 1024 * 1024 });
    await store.put("small", manyBytes(1));
    await store.delete(["small"]);

    expect(door.spoilt()).toBeGreaterThan(4);
    expect(await sizeOf(await store.get("large"))).toBe(37 * 1024 * 1024);
    expect(await store.stat("small")).toBeNull();
  });

  test("a large object whose completion was answered with an error, though it was done, is there", async () => {
    const isEnd = ({ method, url }: IncomingMessage): boolean =>
      method === "POST" && url?.includes("uploadId=") === true;
    let ends = 0;
    const fate = (incoming: IncomingMessage): Fate => (isEnd(incoming) && (ends += 1) === 1 ? "lose" : "pass");
    await using door = await badWay(service.endpoint, fate);
    await using store = new S3Store({ ...options(), endpoint: door.endpoint, prefix: "lost" });

    expect(await store.put("large", manyBytes(37))).toEqual({ sizeBytes: 37 * 1024 * 1024 });
    expect(door.spoilt()).toBe(1);
    expect(await store.stat("large")).toMatchObject({ sizeBytes: 37 * 1024 * 1024 });
  });
});

describe("a server behind ssh", () => {
  let server: SshServer;
  let home: TemporaryFolder;

  beforeAll(async () => {
    server = await startSshd();
    home = temporaryFolder();
    mkdirSync(home.file(".ssh"));
    copyFileSync(server.knownHostsFile, home.file(".ssh/known_hosts"));
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    home[Symbol.dispose]();
  });

  const options = () => ({
    host: server.host,
    port: server.port,
    user: server.user,
    privateKeyFile: server.privateKeyFile,
    hostKey: null,
    agent: null,
    home: home.path,
  });

  const own = (more: Partial<SftpOptions> = {}): SftpStore =>
    new SftpStore({ ...options(), path: `${server.root}/p/${(counter += 1)}`, ...more });

  common("sftp", () => new SftpStore({ ...options(), path: `${server.root}/p/${(counter += 1)}` }));

  test("a server whose key is not known is refused", async () => {
    using stranger = temporaryFolder();
    mkdirSync(stranger.file(".ssh"));
    writeFileSync(stranger.file(".ssh/known_hosts"), "");
    await using store = new SftpStore({ ...options(), home: stranger.path, path: server.root });

    await expect(store.stat("x")).rejects.toMatchObject({
      code: "STORE_FAILED",
      hint: expect.stringContaining("known_hosts") as string,
    });
  });

  test("a key that the server does not know, and a port where nobody listens, are told with what to do", async () => {
    using keys = temporaryFolder();
    await runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", keys.file("other")]);
    await using unknown = own({ privateKeyFile: keys.file("other") });
    await using nobody = own({ host: "localhost", port: await freePort() });

    await expect(unknown.stat("x")).rejects.toMatchObject({
      hint: expect.stringContaining("authorized_keys") as string,
    });
    await expect(nobody.stat("x")).rejects.toMatchObject({
      message: expect.stringContaining("ECONNREFUSED") as string,
      hint: expect.stringContaining("nobody listens") as string,
    });
  });

  /** A body during which something happens to the session that takes it. */
  async function* bodyDuring(happens: () => void): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    yield Buffer.alloc(1000);
    happens();
    yield Buffer.alloc(1000);
  }

  test("a session that is killed ends what it was asked for, and the next use makes a new one", async () => {
    await using store = own();
    await store.put("read", manyBytes(37));
    const killed = bodyDuring(() => server.signalSessions("SIGKILL"));

    await expect(store.put("x", killed)).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(await store.stat("x")).toBeNull();

    const pieces = (await store.get("read"))[Symbol.asyncIterator]();
    await pieces.next();
    server.signalSessions("SIGKILL");
    await expect(async () => {
      while ((await pieces.next()).done !== true);
    }).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(await store.put("x", [Buffer.alloc(10)])).toEqual({ sizeBytes: 10 });
  }, 20_000);

  test("a long way is used by several requests at once, within bounds", async () => {
    await using way = await startProxy(server.port, { latencyMs: 100 });
    const fingerprint = createHash("sha256").update(server.hostKey).digest("base64");
    await using store = own({ port: way.port, hostKey: `SHA256:${fingerprint}` });
    await store.make();
    const began = performance.now();
    const random = randomBytes(16 * 1024 * 1024);

    await store.put("x", [random]);
    const back: Uint8Array[] = [];
    for await (const piece of await store.get("x", { offset: 1 })) back.push(piece);

    expect(Buffer.concat(back).equals(random.subarray(1))).toBe(true);
    // 65 requests each way, with 200 ms to each answer, would take 26 s one after the other.
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 60_000);

  test("what is written runs ahead of a silent server for some blocks only, and fails as a whole", async () => {
    await using store = own({ answerLimitMs: 1_000 });
    let given = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      server.signalSessions("SIGSTOP", "files");
      for await (const piece of manyBytes(37)) {
        given += piece.length;
        yield piece;
      }
    }
    await store.make();

    await expect(store.put("x", counted())).rejects.toThrow("no answer for 1 s");
    server.signalSessions("SIGKILL");
    expect(given).toBeGreaterThan(2 * 1024 * 1024);
    expect(given).toBeLessThan(8 * 1024 * 1024);
    expect(await store.stat("x")).toBeNull();
  }, 20_000);

  test("a server that falls silent is given up, and one whose disk does not answer", async () => {
    await using store = own();
    const silent = bodyDuring(() => server.signalSessions("SIGSTOP"));

    await expect(store.put("x", silent)).rejects.toMatchObject({ code: "STORE_FAILED" });
    server.signalSessions("SIGKILL");
    expect(await store.stat("x")).toBeNull();

    await using impatient = own({ answerLimitMs: 1_000 });
    await impatient.stat("x");
    server.signalSessions("SIGSTOP", "files");
    await expect(impatient.stat("x")).rejects.toThrow("no answer for 1 s");
    server.signalSessions("SIGKILL");
    expect(await impatient.stat("x")).toBeNull();
  }, 90_000);

  test("a write for which there is no room is refused with what to do, and leaves nothing", async () => {
    const disk = mountSmallDisk(8);
    await using store = own({ path: disk?.folder ?? "/proc" });

    const refused = await store.put("large", manyBytes(37)).catch((error: unknown) => error);
    const left = disk === null ? [] : readdirSync(disk.folder);
    disk?.unmount();

    expect(refused).toMatchObject({
      code: "STORE_FAILED",
      hint: expect.stringMatching(disk === null ? /disk|belong/ : /the disk is full/) as string,
    });
    expect(left).toEqual([]);
  });

  test("a directory that must exist is not made again when its disk is not mounted", async () => {
    await using store = own({ mustExist: true });
    const lost = { code: "STORE_FAILED", hint: expect.stringContaining("mount its disk") as string };
    const listing = async (): Promise<void> => {
      for await (const one of store.list("wal/")) expect(one).toBeUndefined();
    };

    await expect(store.put("repo.json", [])).rejects.toMatchObject(lost);
    await expect(store.put("wal/1/x", [])).rejects.toMatchObject(lost);
    await expect(store.stat("x")).rejects.toMatchObject(lost);
    await expect(store.get("x")).rejects.toMatchObject(lost);
    await expect(listing()).rejects.toMatchObject(lost);

    await store.make();
    await store.put("wal/1/x", []);
    expect(await store.stat("x")).toBeNull();
    await expect(store.get("x")).rejects.toMatchObject({ code: "STORE_OBJECT_MISSING" });
  });

  test("what a killed writer has left goes, what is being written stays", async () => {
    const path = `${server.root}/p/left`;
    const place = join(path, "wal");
    await using store = own({ path });
    await expect(
      store.put(
        "wal/dead",
        bodyDuring(() => server.signalSessions("SIGKILL")),
      ),
    ).rejects.toThrow();
    const [dead = ""] = readdirSync(place);
    utimesSync(join(place, dead), 1_000, 1_000);
    async function* clearing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1_000);
      await store.clearTemporary("", 2_000_000);
      yield Buffer.alloc(1_000);
    }

    expect(dead).toMatch(/^dead\..*\.tmp$/);
    await store.put("wal/live", clearing());
    expect(readdirSync(place)).toEqual(["live"]);
    expect(await store.stat("wal/live")).toMatchObject({ sizeBytes: 2_000 });
  });

  test.each([true, false])("an address names it, with a user: %s", async (hasUser) => {
    const { privateKeyFile, hostKey, agent } = options();
    const all: StoreOptions = {
      sftp: { privateKeyFile, hostKey, agent, home: home.path, user: null },
      s3: { endpoint: null, region: "", accessKey: null, secretKey: null },
    };
    const user = hasUser ? `${server.user}@` : "";
    await using store = openStore(`sftp://${user}${server.host}:${server.port}${server.root}`, all);

    expect(await store.stat("x")).toBeNull();
  });
});
