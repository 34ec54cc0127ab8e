import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { silentLogger } from "../../../src/service/index.ts";
import {
  clientScript,
  DirectoryStore,
  fetchScript,
  getPatiently,
  openRepository,
  Prefetch,
  pushFile,
  runWalmgr,
  startArchiveServer,
  type StoreRepository,
  WalFetcher,
  writeClient,
} from "../../../src/walmgr/index.ts";
import { verify } from "../../../src/walmgr/verify/index.ts";
import { allOf, MADE_SEGMENT_BYTES, madeSegment } from "../../harness/made-wal.ts";
import { type TemporaryFolder, temporaryFolder } from "../../harness/temporary-folder.ts";
import { until } from "../../harness/until.ts";

const FIVE = "000000010000000000000005";
const SIX = "000000010000000000000006";
const HISTORY = "1\t0/3000128\tno recovery target specified\n";

function repositoryAt(path: string): StoreRepository {
  return openRepository({ store: new DirectoryStore(path), clock: systemClock });
}

interface Site {
  readonly folder: TemporaryFolder;
  readonly repositories: readonly StoreRepository[];
  readonly fetcher: WalFetcher;
  readonly push: (name: string, bytes: Buffer) => Promise<"stored" | "present">;
  readonly get: (name: string, allowPartial?: boolean) => Promise<"found" | "absent">;
}

async function withSite(work: (site: Site) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  const repositories = ["one", "two"].map((name) => repositoryAt(folder.file(name)));
  const local = repositoryAt(folder.file("one"));
  const fetcher = new WalFetcher({ repositories, local, localPath: folder.file("one"), log: silentLogger });
  await work({
    folder,
    repositories,
    fetcher,
    push(name, bytes) {
      writeFileSync(folder.file("pushed"), bytes);
      return pushFile(repositories, name, folder.file("pushed"));
    },
    get: (name, allowPartial = false) => fetcher.get({ name, destination: folder.file("fetched"), allowPartial }),
  });
}

describe("pushing", () => {
  test("the first segment makes the repositories; the same file twice is fine, another one is refused", async () => {
    await withSite(async ({ push, repositories }) => {
      expect([await push(FIVE, madeSegment(FIVE)), await push(FIVE, madeSegment(FIVE))]).toEqual(["stored", "present"]);
      await expect(push(FIVE, madeSegment(FIVE, 2))).rejects.toMatchObject({ code: "WAL_DIFFERS" });
      for (const { wal } of repositories) expect(await wal.find(FIVE)).not.toBeNull();
    });
  });

  test("segments that are pushed at the same time and after each other all keep their own bytes", async () => {
    await withSite(async ({ folder, repositories }) => {
      const names = Array.from({ length: 9 }, (_, i) => `00000001000000000000000${i + 1}`);
      const push = (name: string): Promise<string> => pushFile(repositories, name, folder.file(name));
      names.forEach((name, i) => writeFileSync(folder.file(name), madeSegment(name, i + 1)));

      for (const some of [names.slice(0, 1), names.slice(1, 5), names.slice(5)]) await Promise.all(some.map(push));

      for (const { wal } of repositories) {
        for (const [i, name] of names.entries()) {
          const stored = Buffer.concat(await allOf(await wal.getSegment(name)));
          expect(stored.equals(madeSegment(name, i + 1))).toBe(true);
        }
      }
    });
  });

  test("segments larger than usual are stored whole", async () => {
    await withSite(async ({ push, repositories }) => {
      const bytes = madeSegment(FIVE, 3, undefined, 64 * 1024 * 1024);

      expect(await push(FIVE, bytes)).toBe("stored");

      const stored = Buffer.concat(await allOf(await repositories[1]!.wal.getSegment(FIVE)));
      expect(stored.equals(bytes)).toBe(true);
    });
  });

  test("WAL of another cluster is refused, and what is no WAL at all", async () => {
    await withSite(async ({ push, folder, repositories }) => {
      await push(FIVE, madeSegment(FIVE));

      await expect(push(SIX, madeSegment(SIX, 1, 5n))).rejects.toMatchObject({ code: "REPOSITORY_FOREIGN" });
      await expect(push(SIX, madeSegment(FIVE))).rejects.toMatchObject({ code: "WAL_INVALID" });
      await expect(push("passwd", Buffer.from("x"))).rejects.toMatchObject({ code: "WRONG_USE" });
      await expect(pushFile(repositories, SIX, folder.file("nothing"))).rejects.toMatchObject({ code: "STORE_FAILED" });
    });
  });

  test("it fails when one of the repositories fails, and nothing of it is left there", async () => {
    await withSite(async ({ push, folder, repositories }) => {
      await push(FIVE, madeSegment(FIVE));
      renameSync(folder.file("two/wal"), folder.file("two/was-wal"));
      writeFileSync(folder.file("two/wal"), "in the way");

      await expect(push(SIX, madeSegment(SIX))).rejects.toMatchObject({ code: "STORE_FAILED" });
      expect(await repositories[0]!.wal.find(SIX)).not.toBeNull();
    });
  });

  test("histories, labels and the unfinished segment of a promotion are kept under their names", async () => {
    await withSite(async ({ push, get, folder }) => {
      const partial = `${FIVE}.partial`;
      await push(partial, madeSegment(FIVE));
      await push("00000002.history", Buffer.from(HISTORY));
      await push(`${FIVE}.00000028.backup`, Buffer.from("START WAL LOCATION: 0/5000028"));

      expect(await get("00000002.history")).toBe("found");
      expect(readFileSync(folder.file("fetched"), "utf8")).toBe(HISTORY);
      expect([await get(`${FIVE}.00000028.backup`), await get(partial), await get(FIVE)]).toEqual([
        "found",
        "found",
        "absent",
      ]);
    });
  });
});

describe("fetching", () => {
  test("a segment comes from the first repository that has it whole", async () => {
    await withSite(async ({ push, get, folder, repositories }) => {
      await push(FIVE, madeSegment(FIVE));
      const object = (await repositories[0]!.wal.find(FIVE))!.object;
      writeFileSync(folder.file(`one/${object}`), madeSegment(FIVE, 9));

      expect(await get(FIVE)).toBe("found");
      expect(readFileSync(folder.file("fetched")).equals(madeSegment(FIVE))).toBe(true);
    });
  });

  test("absent is said only when all repositories were asked; one that is not mounted counts as not asked", async () => {
    await withSite(async ({ push, get, folder }) => {
      await push(FIVE, madeSegment(FIVE));
      expect([await get(SIX), await get("00000002.history")]).toEqual(["absent", "absent"]);

      renameSync(folder.file("two"), folder.file("gone"));
      mkdirSync(folder.file("two"));

      await expect(get(SIX)).rejects.toMatchObject({ code: "WAL_CANNOT_TELL" });
      await expect(get("00000002.history")).rejects.toMatchObject({ code: "WAL_CANNOT_TELL" });
      expect(await get(FIVE)).toBe("found");
      expect(existsSync(folder.file("gone/repo.json"))).toBe(true);
    });
  });

  test("a segment whose object is lost is not absent, and is stored again when it is pushed", async () => {
    await withSite(async ({ push, get, folder, repositories }) => {
      await push(FIVE, madeSegment(FIVE));
      for (const [i, place] of ["one", "two"].entries()) {
        rmSync(folder.file(`${place}/${(await repositories[i]!.wal.find(FIVE))!.object}`));
      }

      await expect(get(FIVE)).rejects.toMatchObject({ code: "WAL_CANNOT_TELL" });
      const { findings } = await verify({ repository: repositories[0]!, level: 1, clock: systemClock });
      expect(findings).toContainEqual({
        severity: "bad",
        subject: FIVE,
        message: expect.stringContaining("not there") as unknown,
      });
      expect(await push(FIVE, madeSegment(FIVE))).toBe("stored");
      expect(await get(FIVE)).toBe("found");
      expect(await push(FIVE, madeSegment(FIVE))).toBe("present");
    });
  });

  test("a begun segment is served when it is allowed, and never in place of a complete one that nobody could look for", async () => {
    await withSite(async ({ push, get, folder, repositories }) => {
      await push(FIVE, madeSegment(FIVE));
      const begun = madeSegment(SIX, 0);
      await repositories[0]!.store.put(`wal/00000001/${SIX.slice(0, 16)}/${SIX}.partial`, [begun]);

      expect([await get(SIX), await get(SIX, true)]).toEqual(["absent", "found"]);
      expect(readFileSync(folder.file("fetched")).equals(begun)).toBe(true);
      renameSync(folder.file("two"), folder.file("gone"));
      await expect(get(SIX, true)).rejects.toMatchObject({ code: "WAL_CANNOT_TELL" });
    });
  });

  test("a segment that waits to be stored is found in the spool", async () => {
    await withSite(async ({ push, get, folder }) => {
      await push(FIVE, madeSegment(FIVE));
      mkdirSync(folder.file("one/spool"));
      writeFileSync(folder.file(`one/spool/${SIX}`), madeSegment(SIX));

      expect(await get(SIX)).toBe("found");
      expect(readFileSync(folder.file("fetched")).length).toBe(MADE_SEGMENT_BYTES);
    });
  });

  test("a segment that goes from the spool to the repositories meanwhile is not absent", async () => {
    await withSite(async ({ push, get, folder, repositories }) => {
      await push(FIVE, madeSegment(FIVE));
      mkdirSync(folder.file("one/spool"));
      writeFileSync(folder.file(`one/spool/${SIX}`), madeSegment(SIX));
      const { wal } = repositories[1]!;
      const look = wal.getSegment.bind(wal);
      vi.spyOn(wal, "getSegment").mockImplementation(async (name) => {
        const found = look(name).catch((error: unknown) => error);
        const seen = await found;
        await push(SIX, madeSegment(SIX));
        rmSync(folder.file(`one/spool/${SIX}`));
        if (seen instanceof Error) throw seen;
        return await look(name);
      });

      expect(await get(SIX)).toBe("found");
    });
  });
});

describe("the status of archive-get", () => {
  const ask = (get: () => Promise<"found" | "absent">, isStandby = false, isHistory = false): Promise<number> =>
    getPatiently({
      get,
      isStandby,
      isHistory,
      clock: systemClock,
      signal: new AbortController().signal,
      patienceMs: 0,
      onGivenUp: () => undefined,
    });
  const unsure = (): Promise<never> => Promise.reject(new Error("no answer"));

  test("is 0 for found, 1 for surely absent", async () => {
    expect([await ask(() => Promise.resolve("found")), await ask(() => Promise.resolve("absent"))]).toEqual([0, 1]);
  });

  test("is above 125 when it cannot tell, except for a standby, which asks again; but histories must be certain there too", async () => {
    expect([await ask(unsure), await ask(unsure, true), await ask(unsure, true, true)]).toEqual([150, 1, 150]);
  });

  test("is above 125 for a wrong name, for a standby too: it would ask for ever", async () => {
    using folder = temporaryFolder();
    const fetcher = new WalFetcher({
      repositories: [repositoryAt(folder.path)],
      local: repositoryAt(folder.path),
      localPath: folder.path,
      log: silentLogger,
    });
    const get = () => fetcher.get({ name: "nonsense", destination: folder.file("x"), allowPartial: false });

    expect([await ask(get), await ask(get, true)]).toEqual([150, 150]);
  });

  test.each([
    ["a file that does not exist", ["/nowhere/walmgr.ini", "archive-get", FIVE, "x"]],
    ["too few words", ["archive-get"]],
    ["an unknown option", ["/nowhere/walmgr.ini", "xrestore", "--surprise", FIVE, "x"]],
  ])("is above 125 also for %s", async (_, argv) => {
    expect(await runWalmgr(argv)).toBe(150);
  });
});

describe("the lines of shell around archive-get", () => {
  const status = (command: string): number | null => spawnSync("/bin/sh", ["-c", fetchScript(command)]).status;

  test.each([
    ["found", "true", 0],
    ["absent", "echo absent; exit 1", 1],
    ["a program that cannot be loaded", `${process.execPath} /nowhere/walmgr.js archive-get`, 150],
    ["a program that is not there", "/nowhere/node", 150],
    ["one that was killed", "sh -c 'kill -9 $$'", 150],
  ])("end with what %s means to the server", (_, command, expected) => {
    expect(status(command)).toBe(expected);
  });

  test("are those of client.sh too", () => {
    const script = clientScript("/nowhere/socket", `${process.execPath} /nowhere/walmgr.js`);
    const got = spawnSync("/bin/sh", ["-c", script, "client.sh", "get", FIVE, "x"]).status;
    const pushed = spawnSync("/bin/sh", ["-c", script, "client.sh", "push", "x", FIVE]).status;

    expect([got, pushed]).toEqual([150, 1]);
  });
});

describe("the daemon", () => {
  function send(socketPath: string, path: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath, path, method: "POST" }, (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: text.trim() }));
      });
      asked.on("error", reject);
      asked.end();
    });
  }

  test("answers pushes and fetches, with a status for each meaning", async () => {
    await withSite(async ({ folder, repositories, fetcher }) => {
      const socketPath = folder.file("s");
      await using server = await startArchiveServer({
        socketPath,
        push: (name, path) => pushFile(repositories, name, path),
        get: (name, destination, allowPartial) => fetcher.get({ name, destination, allowPartial }),
        metrics: () => Promise.resolve({ text: "walmgr_x 1", contentType: "text/plain" }),
        log: silentLogger,
      });
      expect(server).toBeDefined();
      const call = async (what: string, name: string, file: string) =>
        (await send(socketPath, `/${what}?name=${name}&path=${encodeURIComponent(folder.file(file))}`)).status;
      writeFileSync(folder.file("good"), madeSegment(FIVE));
      writeFileSync(folder.file("bad"), madeSegment(FIVE, 3));

      expect(await call("push", FIVE, "good")).toBe(200);
      expect(await call("push", FIVE, "bad")).toBe(409);
      expect(await call("push", SIX, "nothing")).toBe(500);
      expect(await call("get", FIVE, "fetched")).toBe(200);
      expect(await call("get", SIX, "fetched")).toBe(404);
      renameSync(folder.file("one"), folder.file("gone"));
      expect(await call("get", SIX, "fetched")).toBe(503);
      expect(await send(socketPath, "/metrics")).toEqual({ status: 200, text: "walmgr_x 1" });
      expect((await send(socketPath, "/push?name=x")).status).toBe(409);
    });
  });

  test("has one process for a socket, and takes over the socket of a dead one", async () => {
    await withSite(async ({ folder }) => {
      const options: Parameters<typeof startArchiveServer>[0] = {
        socketPath: folder.file("s"),
        push: () => Promise.resolve("stored" as const),
        get: () => Promise.resolve("found" as const),
        metrics: () => Promise.resolve({ text: "", contentType: "" }),
        log: silentLogger,
      };
      writeFileSync(options.socketPath, "");
      await using first = await startArchiveServer(options);

      expect(first).toBeDefined();
      await expect(startArchiveServer(options)).rejects.toMatchObject({ code: "LEASE_HELD" });
    });
  });

  test("fetches ahead what recovery will ask for next", async () => {
    await withSite(async ({ folder, push, fetcher }) => {
      await push(FIVE, madeSegment(FIVE));
      await push(SIX, madeSegment(SIX));
      const prefetch = new Prefetch({
        fetcher,
        directory: folder.file("ahead"),
        count: 3,
        segmentBytes: () => Promise.resolve(MADE_SEGMENT_BYTES),
        log: silentLogger,
      });

      await prefetch.after(FIVE);
      await until(() => existsSync(folder.file(`ahead/${SIX}`)));

      expect(await prefetch.take(SIX, folder.file("taken"))).toBe(true);
      expect(readFileSync(folder.file("taken")).equals(madeSegment(SIX))).toBe(true);
      expect(existsSync(folder.file(`ahead/${SIX}`))).toBe(false);
      expect(await prefetch.take("000000010000000000000007", folder.file("taken"))).toBe(false);
    });
  });

  test("its client is a shell script that falls back to the slow way", () => {
    expect(clientScript("/a b/s", "walmgr conf.ini")).toContain("socket='/a b/s'");
    expect(clientScript("/a b/s", "walmgr conf.ini")).toContain("exec walmgr conf.ini archive-push");
  });

  test("its client is replaced as a whole, so that a server never runs an empty one", async () => {
    using folder = temporaryFolder();
    await writeClient(folder.file("client.sh"), "/s", "walmgr conf.ini");
    const old = openSync(folder.file("client.sh"), "r");

    await writeClient(folder.file("client.sh"), "/other", "walmgr conf.ini");

    const running = readFileSync(old, "utf8");
    closeSync(old);
    expect(running).toContain("socket='/s'");
    expect(readFileSync(folder.file("client.sh"), "utf8")).toContain("socket='/other'");
    expect(statSync(folder.file("client.sh")).mode & 0o777).toBe(0o700);
  });
});
