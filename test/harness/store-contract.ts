// What every store must do; each kind of store runs these.
import { expect, test } from "vitest";
import { readText, type Store, writeText } from "../../src/walmgr/index.ts";

export function storeContract(kind: string, withStore: (work: (store: Store) => Promise<void>) => Promise<void>): void {
  test(`${kind}: an object is read back as a whole and in part`, async () => {
    await withStore(async (store) => {
      const body = [Buffer.from("hello "), Buffer.alloc(0), Buffer.from("world")];

      expect(await store.put("a/b/one", body)).toEqual({ sizeBytes: 11 });
      expect(await readText(store, "a/b/one")).toBe("hello world");
      expect(await textOf(await store.get("a/b/one", { offset: 6 }))).toBe("world");
      expect(await textOf(await store.get("a/b/one", { offset: 1, length: 3 }))).toBe("ell");
      expect(await store.stat("a/b/one")).toMatchObject({ name: "a/b/one", sizeBytes: 11 });
    });
  });

  test(`${kind}: what is not there is told apart from what fails`, async () => {
    await withStore(async (store) => {
      expect(await store.stat("nothing")).toBeNull();
      expect(await readText(store, "nothing/at/all")).toBeNull();
      await expect(store.get("nothing")).rejects.toMatchObject({ code: "STORE_OBJECT_MISSING" });
      await store.delete(["nothing", "at/all"]);
    });
  });

  test(`${kind}: an object is replaced by a second put, unless it may only be made`, async () => {
    await withStore(async (store) => {
      await writeText(store, "x", "first");
      await writeText(store, "x", "second");

      await expect(writeText(store, "x", "third", { ifAbsent: true })).rejects.toMatchObject({
        code: "STORE_OBJECT_EXISTS",
      });
      expect(await readText(store, "x")).toBe("second");
    });
  });

  test(`${kind}: a body that breaks off leaves nothing under the name`, async () => {
    await withStore(async (store) => {
      await expect(store.put("x/broken", breaking())).rejects.toThrow();
      expect(await store.stat("x/broken")).toBeNull();
      expect(await namesOf(store, "")).toEqual([]);
    });
  });

  test(`${kind}: a listing has all names that begin with the prefix, in order`, async () => {
    await withStore(async (store) => {
      for (const name of ["wal/2/b", "wal/1/a", "wal/1/c", "wal/10", "backup/x", "wal/1.x"])
        await writeText(store, name, name);

      expect(await namesOf(store, "wal/1")).toEqual(["wal/1.x", "wal/1/a", "wal/1/c", "wal/10"]);
      expect(await namesOf(store, "wal/1/")).toEqual(["wal/1/a", "wal/1/c"]);
      expect(await namesOf(store, "")).toHaveLength(6);
      await store.delete(["wal/1/a", "wal/10"]);
      expect(await namesOf(store, "wal/1")).toEqual(["wal/1.x", "wal/1/c"]);
    });
  });

  test(`${kind}: the folders of a folder are listed, and one goes with all that is in it`, async () => {
    await withStore(async (store) => {
      for (const name of ["b/2/x", "b/1/deep/x", "b/1/deep/y", "b/1/z", "b/10/x", "b/file", "c/1/x"])
        await writeText(store, name, name);

      expect(await store.folders("b")).toEqual(["1", "10", "2"]);
      await store.deleteFolder("b/1");
      await store.deleteFolder("b/nothing");
      await store.deleteFolder("nowhere/at/all");
      expect(await store.folders("b")).toEqual(["10", "2"]);
      expect(await namesOf(store, "b/")).toEqual(["b/10/x", "b/2/x", "b/file"]);
      expect([await store.folders("c"), await store.folders("nothing")]).toEqual([["1"], []]);
    });
  });

  test(`${kind}: a name that leads out of the store is refused`, async () => {
    await withStore(async (store) => {
      for (const name of ["../x", "/x", "a//b", "a/../b", "", "a b", "x.tmp"]) {
        await expect(async () => store.put(name, [])).rejects.toMatchObject({ code: "WRONG_USE" });
      }
    });
  });
}

async function* breaking(): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.alloc(100_000);
  throw new Error("the source broke");
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function namesOf(store: Store, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
}
