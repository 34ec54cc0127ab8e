import { chmodSync, writeFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { findBin } from "../../../src/walmgr/site/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("programs of a server are found in PATH by their major", async () => {
  using other = temporaryFolder();
  using folder = temporaryFolder();
  for (const [{ path }, version] of [
    [other, "91.2"],
    [folder, "92.1 (Debian 92.1-1)"],
  ] as const) {
    writeFileSync(`${path}/postgres`, `#!/bin/sh\necho "postgres (PostgreSQL) ${version}"\n`);
    chmodSync(`${path}/postgres`, 0o755);
  }
  vi.stubEnv("PATH", `${other.path}:/does/not/exist:${folder.path}`);

  expect(await findBin(92)).toBe(folder.path);
  await expect(findBin(93)).rejects.toMatchObject({
    code: "WRONG_USE",
    message: "no server program of PostgreSQL 93 was found",
    hint: expect.stringContaining("--bin") as string,
  });
});
