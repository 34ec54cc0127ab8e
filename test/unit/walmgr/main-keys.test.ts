// Keys from a file or from a command of the configuration; nothing of them is in an error.
import { readFileSync, writeFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readMainKeys } from "../../../src/walmgr/program/main-keys.ts";
import { runWalmgrCommand, walmgrIni } from "../../harness/run-walmgr.ts";
import { madeSegment } from "../../harness/made-wal.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const KEY = "0123456789abcdef".repeat(4);
const OLD = "fedcba9876543210".repeat(4);
const FIVE = "000000010000000000000005";

const never = new AbortController().signal;
const printed = (encryptionKeyCommand: string, signal = never) =>
  readMainKeys({ encryptionKeyFile: null, encryptionKeyCommand }, signal);

describe("encryption_key_command", () => {
  test("prints what the key file would have in it", async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.file("key"), `# new\n${KEY}\n${OLD}\n`);

    const given = await readMainKeys({ encryptionKeyFile: folder.file("key"), encryptionKeyCommand: null }, never);
    const said = await printed(`cat ${folder.file("key")}`);

    expect(said.map(({ id }) => id)).toEqual(given.map(({ id }) => id));
    expect(new Set(said.map(({ id }) => id)).size).toBe(2);
  });

  test.each([
    ["fails", `echo ${KEY}; echo ${OLD} >&2; exit 3`, "encryption_key_command failed: it ended with 3"],
    ["is killed", `echo ${KEY}; kill -9 $$`, "encryption_key_command failed: it ended with SIGKILL"],
    ["is not there", "/nowhere/key", "encryption_key_command failed: it ended with 127"],
    ["prints nothing", "echo", "encryption_key_command printed nothing"],
    ["prints too much", "yes", "encryption_key_command printed too much for a key"],
    ["prints no key", `echo ${KEY}00`, "what encryption_key_command prints: the encryption key is not 32 bytes"],
  ])("that %s is told, without a word of what it printed", async (_, command, message) => {
    const error: unknown = await printed(command).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: "ENCRYPTION_KEY", message: expect.stringMatching(message) as string });
    expect(inspect(error)).not.toMatch(new RegExp(`${KEY}|${OLD}`));
  });

  test("a signal ends the waiting for it", async () => {
    const stop = new AbortController();
    const waiting = printed("sleep 1000", stop.signal);
    stop.abort();

    await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
  });

  test("beside a key file it is refused", async () => {
    const both = { encryptionKeyFile: "/nowhere", encryptionKeyCommand: "echo" };

    await expect(readMainKeys(both, never)).rejects.toMatchObject({ code: "CONFIG_FILE" });
  });

  test("is run once by each process that needs the key, which it never writes into a log", async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.file("segment"), madeSegment(FIVE));
    const runs = folder.file("runs");
    const ini = walmgrIni(folder.path, { encryption_key_command: `echo run >> ${runs}; echo ${KEY}` });
    const bad = walmgrIni(folder.path, { encryption_key_command: `echo ${KEY}; exit 1` }, "bad");
    writeFileSync(folder.file("key"), KEY);
    const other = walmgrIni(folder.path, { encryption_key_file: folder.file("key") }, "other");

    const pushed = await runWalmgrCommand([ini, "archive-push", folder.file("segment"), FIVE]);
    const got = await runWalmgrCommand([other, "archive-get", FIVE, folder.file("got")]);
    const refused = await runWalmgrCommand([bad, "archive-push", folder.file("segment"), FIVE]);

    expect([pushed.status, got.status, refused.status]).toEqual([0, 0, 1]);
    expect(readFileSync(folder.file("got")).equals(madeSegment(FIVE))).toBe(true);
    expect(readFileSync(runs, "utf8")).toBe("run\n");
    expect(refused.stderr).toContain("encryption_key_command failed");
    const told = [refused.stderr, refused.stdout, readFileSync(folder.file("bad.log"), "utf8")].join("");
    expect(told).not.toContain(`${KEY}\n`);
  });
});
