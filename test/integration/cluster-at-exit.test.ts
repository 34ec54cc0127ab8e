import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("a program whose last act is to stop a cluster ends with status 0", async () => {
  const program = `
    const { startCluster } = await import("./dist/src/testing/index.js");
    const cluster = await startCluster();
    await cluster.stop();
    console.log("stopped");`;

  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);

  expect(stdout).toBe("stopped\n");
});
