import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { DirectoryStore, readText, writeText } from "../../../src/walmgr/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { storeContract } from "../../harness/store-contract.ts";

storeContract("a directory", async (work) => {
  using folder = temporaryFolder();
  await work(new DirectoryStore(folder.file("store")));
});

test("of many writers who want the same new name, one gets it", async () => {
  using folder = temporaryFolder();
  const store = new DirectoryStore(folder.path);

  const tries = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => writeText(store, "a/x", String(i), { ifAbsent: true })),
  );

  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await readText(store, "a/x")).toBe(String(tries.findIndex(({ status }) => status === "fulfilled")));
  expect(readdirSync(folder.file("a"))).toEqual(["x"]);
});

test("what the system says becomes an error of the store", async () => {
  const store = new DirectoryStore("/dev/full/x");

  await expect(writeText(store, "x", "text")).rejects.toMatchObject({ code: "STORE_FAILED" });
});
