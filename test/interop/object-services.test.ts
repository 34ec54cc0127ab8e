// The services that archive stores are tested against do what makes them worth testing against.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AwsClient } from "aws4fetch";
import { afterEach, expect, test } from "vitest";
import { cleanUpPrograms } from "./program.ts";
import { startRadosgw } from "./radosgw.ts";
import { startSshd } from "./sshd.ts";

afterEach(cleanUpPrograms);

test("radosgw refuses a wrong secret, and a second object of a name that must be absent", async () => {
  const service = await startRadosgw();
  const client = (secretAccessKey: string): AwsClient =>
    new AwsClient({ accessKeyId: service.accessKey, secretAccessKey, service: "s3", region: "default", retries: 0 });
  const right = client(service.secretKey);
  const url = `${service.endpoint}/bucket`;
  expect((await right.fetch(url, { method: "PUT" })).status).toBe(200);
  const put = (by: AwsClient): Promise<Response> =>
    by.fetch(`${url}/object`, { method: "PUT", body: "x", headers: { "If-None-Match": "*" } });

  expect((await put(client("wrong"))).status).toBe(403);
  expect((await put(right)).status).toBe(200);
  expect((await put(right)).status).toBe(412);
  await service.stop();
});

test("sshd lets the key in and nobody else", async () => {
  const server = await startSshd();
  const ssh = (...more: readonly string[]): Promise<{ stdout: string }> =>
    promisify(execFile)("ssh", [
      ...["-F", "none", "-p", String(server.port), "-o", `UserKnownHostsFile=${server.knownHostsFile}`],
      ...["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", ...more, `${server.user}@${server.host}`, "echo here"],
    ]);

  expect((await ssh("-i", server.privateKeyFile)).stdout).toBe("here\n");
  await expect(ssh("-i", "/dev/null")).rejects.toThrow(/Permission denied/);
  await server.stop();
});
