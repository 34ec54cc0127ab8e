// Sets of a root, a branch and a leaf, each Debian's (d) or ours (o): below a root of ours.
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { type DebianServer, startDebianServer } from "./debian.ts";
import { expectReplication } from "./mixed-order.ts";
import { cleanUpPrograms } from "./program.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

test.each(["odd", "odo"])(
  "tables, sequences, scripts and compare go through a set of root, branch and leaf %s",
  (order) => expectReplication(server, order),
);
