import { expect, test } from "vitest";
import { unmountedPoint } from "../../../src/walmgr/site/index.ts";

const FSTAB = `# comment /srv/other ext4
UUID=1 / ext4 defaults 0 1
UUID=2 /srv/backup ext4 defaults 0 2
UUID=3 /mnt/with\\040space xfs noauto 0 0
UUID=4 none swap sw 0 0
`;
const MOUNTS = "/dev/a / ext4 rw 0 0\n/dev/b /home ext4 rw 0 0\n";

test.each([
  ["/srv/backup", "/srv/backup"],
  ["/srv/backup/main", "/srv/backup"],
  ["/mnt/with space/main", "/mnt/with space"],
  ["/srv/backups", null],
  ["/srv/other", null],
  ["/home/walmgr", null],
  ["s3://bucket/prefix", null],
])("of the path %s, the mount point that lacks its disk is %s", (path, point) => {
  const found = unmountedPoint(path, FSTAB, MOUNTS);

  expect(found).toBe(point);
});

test("a mount point that has its disk is fine", () => {
  const found = unmountedPoint("/srv/backup/main", FSTAB, `${MOUNTS}/dev/c /srv/backup ext4 rw 0 0\n`);

  expect(found).toBeNull();
});
