// Backups that the server itself compresses, in formats that only a server of a distribution is built with.
import { expect, test } from "vitest";
import { verify } from "../../src/walmgr/verify/index.ts";
import { systemClock } from "../../src/clock/index.ts";
import { debianBinaries } from "../harness/debian-packages.ts";
import { queryAt } from "../harness/query-at.ts";
import { restorePlace, restoreTo, startWalmgrSide } from "../harness/walmgr-side.ts";

test.each([
  ["lz4", ".lz4"],
  ["zstd", ".zst"],
] as const)(
  "a backup that the server compresses by %s is stored as it comes, checked and restored",
  async (method, suffix) => {
    await using side = await startWalmgrSide({ binaries: debianBinaries });
    await side.query("create table t as select id, repeat(md5(id::text), 5) as text from generate_series(1, 20000) id");
    const to = side.repository();
    await using place = await restorePlace(15, debianBinaries);

    const { backup } = await to.backup({ serverCompression: { method } });
    const verified = await verify({ repository: to.repository, level: 3, clock: systemClock });
    await restoreTo(to, place, { target: { kind: "immediate" } });

    const base = backup.objects.find(({ name }) => name.startsWith("base.tar"));
    expect(base).toMatchObject({ name: `base.tar${suffix}`, compression: method });
    expect(backup.storedBytes).toBeLessThan(backup.plainBytes / 2);
    expect(verified.findings).toEqual([]);
    expect(await place.open()).toBe(true);
    expect(await queryAt(place.url, "select count(*)::int as n from t")).toEqual([{ n: 20_000 }]);
  },
);
