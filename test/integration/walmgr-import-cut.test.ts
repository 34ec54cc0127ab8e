// Compressed WAL whose writer was killed: the begun segment counts as far as it can be expanded, others are refused by name.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { importWal } from "../../src/walmgr/import/index.ts";
import { walkBegun } from "../../src/walmgr/repository/index.ts";
import { endMajors } from "../harness/major-pairs.ts";
import { silentLogger } from "../../src/service/index.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { startWalmgrSide } from "../harness/walmgr-side.ts";

test.each(endMajors())("PostgreSQL %i: a cut file of pg_receivewal --compress", async (major) => {
  await using side = await startWalmgrSide({ major });
  using folder = temporaryFolder();
  await side.query("create table t as select repeat(n::text, 20) as v from generate_series(1, 50000) as n");
  const source = join(side.cluster.dataDirectory, "pg_wal");
  const [name = ""] = readdirSync(source)
    .filter((one) => /^[0-9A-F]{24}$/.test(one))
    .sort();
  const plain = readFileSync(join(source, name));
  const packed = gzipSync(plain.subarray(0, plain.length / 2));
  const cut = packed.subarray(0, packed.length - 1000);
  const { repository } = side.repository();
  const options = { repositories: [repository], directory: folder.path, log: silentLogger };

  writeFileSync(folder.file(`${name}.gz.partial`), cut);
  const imported = await importWal(options);
  writeFileSync(folder.file(`${name}.gz`), cut);

  expect(imported.partials).toEqual([name]);
  const [partial] = await repository.wal.partials();
  const whole = walkBegun(name, plain.subarray(0, plain.length / 2), plain.length);
  // All but what was lost with the end of the file, which compresses at most by a hundred.
  expect(Number((whole.endLsn ?? 0n) - (partial?.flushedLsn ?? 0n))).toBeLessThan(200_000);
  await expect(importWal(options)).rejects.toMatchObject({
    code: "IMPORT_UNREADABLE",
    message: expect.stringContaining(`${name}.gz is damaged or cut off`) as string,
  });
});
