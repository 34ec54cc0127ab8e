// What may stand in `repositories`: each address leads where it says, or is refused.
import { expect, test } from "vitest";
import { repositoryAddresses } from "../../../src/walmgr/program/environment.ts";
import { openStore, type StoreOptions } from "../../../src/walmgr/store/index.ts";

const OPTIONS: StoreOptions = {
  s3: { endpoint: null, region: "here", accessKey: "a", secretKey: "b" },
  sftp: { privateKeyFile: null, hostKey: null, agent: null, home: null, user: "me" },
};

test.each([
  ["/srv/wal", "directory /srv/wal"],
  ["/srv/R&D #1?", "directory /srv/R&D #1?"],
  ["file:///srv/with%20space", "directory /srv/with space"],
  ["sftp://me@host/srv/wal", "sftp://host:22/srv/wal"],
  ["sftp://host:2222/srv/a b/ä", "sftp://host:2222/srv/a b/ä"],
  ["sftp://host/srv/cluster#1", "sftp://host:22/srv/cluster#1"],
  ["sftp://host/srv/what?", "sftp://host:22/srv/what?"],
  ["sftp://host/srv/100%25", "sftp://host:22/srv/100%"],
  ["sftp://[::1]:2222/srv", "sftp://::1:2222/srv"],
  ["s3://Bucket_1/a/b c/", "s3://Bucket_1/a/b c"],
  ["s3://bucket/tag#1", "s3://bucket/tag#1"],
])("%s is %s", (address, description) => {
  expect(openStore(address, OPTIONS).description).toBe(description);
});

test.each([
  ["backups/main", "/directory"],
  ["host:/srv/wal", "/directory"],
  ["http://bucket/x", "/directory"],
  ["file://host/srv", "/directory"],
  ["sftp:///srv/wal", "/directory"],
  ["s3:///prefix", "/directory"],
  ["s3://minio:9000/bucket", "s3_endpoint"],
  ["s3://key:secret@bucket/x", "s3_endpoint"],
  ["sftp://host/srv/100%", "%25"],
  ["sftp://me:secret@host/srv", "sftp_private_key"],
])("%s is refused with what to do: %s", (address, hint) => {
  const open = () => openStore(address, OPTIONS);

  expect(open).toThrow(expect.objectContaining({ code: "WRONG_USE", hint: expect.stringContaining(hint) as string }));
  expect(open).not.toThrow(/secret/);
});

test("a directory that is named twice, in two ways, is one repository", () => {
  const options = { repositories: ["/srv/wal/", "/srv/./wal", "s3://b/x"], slave: null, walmgrData: "/srv/wal" };

  expect(repositoryAddresses(options, "/srv/wal")).toEqual(["/srv/wal", "s3://b/x"]);
});
