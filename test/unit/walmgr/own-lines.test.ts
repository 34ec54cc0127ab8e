// Lines in ~/.pgpass and ~/.ssh/authorized_keys.
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { addAuthorizedKey, addPassword, removeAuthorizedKeys, removePassword } from "../../../src/walmgr/site/index.ts";
import { asPlainUser } from "../../harness/plain-user.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const conninfo = "host=db1 user=backup";

test("lines come and go, all others stay, and only the owner may read the file", async () => {
  using folder = temporaryFolder();
  const [keys, key] = [folder.file("home/authorized_keys"), folder.file("key.pub")];
  writeFileSync(key, "ssh-ed25519 AAAA new@db1\n");
  const first = await addAuthorizedKey(keys, key);
  writeFileSync(keys, `ssh-ed25519 BBBB old@db2\n${readFileSync(keys, "utf8")}`);

  const again = await addAuthorizedKey(keys, key);
  const removed = await removeAuthorizedKeys(keys, "new@db1");

  expect([first, again, removed]).toEqual([true, false, 1]);
  expect(readFileSync(keys, "utf8")).toBe("ssh-ed25519 BBBB old@db2\n");
  expect(statSync(keys).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder.file("home"))).toEqual(["authorized_keys"]);
});

test("a link to a file of passwords stays a link", async () => {
  using folder = temporaryFolder();
  const [link, real, password] = [folder.file(".pgpass"), folder.file("real"), folder.file("password")];
  writeFileSync(real, "db2:5432:*:app:other\n");
  writeFileSync(password, "a:b\n");
  symlinkSync("real", link);

  await addPassword(link, conninfo, password);
  const added = readFileSync(real, "utf8");
  const isRemoved = await removePassword(link, conninfo);

  expect(added).toBe("db1:5432:replication:backup:a\\:b\ndb2:5432:*:app:other\n");
  expect(isRemoved).toBe(true);
  expect(readFileSync(real, "utf8")).toBe("db2:5432:*:app:other\n");
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test("a file that cannot be read is left as it is", async () => {
  using folder = temporaryFolder();
  const [pgpass, password] = [folder.file(".pgpass"), folder.file("password")];
  writeFileSync(pgpass, "db2:5432:*:app:other\n");
  writeFileSync(password, "secret\n");
  chmodSync(pgpass, 0o200);

  const adding = asPlainUser(folder.path, () => addPassword(pgpass, conninfo, password));

  await expect(adding).rejects.toThrow(`${pgpass} cannot be read`);
  chmodSync(pgpass, 0o600);
  expect(readFileSync(pgpass, "utf8")).toBe("db2:5432:*:app:other\n");
});
