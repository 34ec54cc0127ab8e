import { inspect } from "node:util";
import { expect, test } from "vitest";
import { findService } from "../../../src/postgres/conninfo/service-file.ts";
import { makeSettings } from "../../../src/postgres/conninfo/settings.ts";
import { parseConninfo } from "../../../src/postgres/index.ts";

const read = (text: string): ReturnType<typeof makeSettings> =>
  makeSettings(parseConninfo(text), { osUser: "me", defaultHost: (port) => `/sockets/${port}` });

test("what is left open comes from the system", () => {
  expect(read("")).toMatchObject({
    hosts: [{ host: "/sockets/5432", hostaddr: null, port: 5432 }],
    user: "me",
    database: "me",
    connectTimeoutMs: null,
    targetSessionAttrs: "any",
    keepAlive: true,
    tls: { mode: "prefer", direct: false },
  });
});

test("the database is named like the user", () => {
  expect(read("user=ann").database).toBe("ann");
});

test.each([
  ["host=a,b port=1,2", ["a:1", "b:2"]],
  ["host=a,b port=7", ["a:7", "b:7"]],
  ["host=a,b port=,2", ["a:5432", "b:2"]],
  ["host=a,b", ["a:5432", "b:5432"]],
  ["host=a,,/s port=1,2,3", ["a:1", "/sockets/2:2", "/s:3"]],
  ["hostaddr=10.0.0.1,10.0.0.2", ["10.0.0.1:5432", "10.0.0.2:5432"]],
  ["port=6432", ["/sockets/6432:6432"]],
])("hosts of %s", (text, expected) => {
  expect(read(text).hosts.map(({ host, port }) => `${host}:${port}`)).toEqual(expected);
});

test.each([
  ["host=a,b port=1,2,3", "3 port numbers do not fit 2 hosts"],
  ["host=a,b hostaddr=1.1.1.1", "2 host names do not fit 1 hostaddr"],
  ["port=0", 'invalid port number "0"'],
  ["port=70000", 'invalid port number "70000"'],
  ["port=abc", 'invalid number "abc" for port'],
  ["connect_timeout=soon", 'invalid number "soon" for connect_timeout'],
  ["sslmode=on", 'invalid sslmode "on"'],
  ["target_session_attrs=master", 'invalid target_session_attrs "master"'],
  ["sslrootcert=system sslmode=require", 'weak sslmode "require" may not be used with sslrootcert=system'],
  ["sslnegotiation=direct", 'weak sslmode "prefer" may not be used with sslnegotiation=direct'],
  ["require_auth=scram-sha-256", "require_auth is not supported"],
  ["channel_binding=require", "channel_binding=require is not supported"],
])("%s is refused", (text, message) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: "CONNECTION_STRING", message: expect.stringContaining(message) as string }),
  );
});

test("sslrootcert=system means verify-full", () => {
  expect(read("sslrootcert=system").tls.mode).toBe("verify-full");
});

test.each([
  ["connect_timeout=0", null],
  ["connect_timeout=-1", null],
  ["connect_timeout=1", 2000],
  ["connect_timeout=30", 30_000],
])("%s waits for %s ms", (text, expected) => {
  expect(read(text).connectTimeoutMs).toBe(expected);
});

test("settings never print a password", () => {
  const settings = read("password=hush sslpassword=hush host=h");

  expect(settings.password).toBe("hush");
  expect(settings.tls.keyPassword).toBe("hush");
  expect(inspect(settings, { depth: null }) + JSON.stringify(settings)).not.toContain("hush");
});

const services = "# all\n[a]\nhost=one\n port=1\nhost=two\n\n[b]\nuser = ann\n[a]\nhost=three\n";

test.each([
  ["a", { host: "one", port: "1" }],
  ["b", { user: " ann" }],
  ["c", null],
])("service %s", (name, expected) => {
  expect(findService(services, name)).toEqual(expected);
});

test.each(["[a]\nhost", "[a]\nservice=b", "[a]\nnonsense=1"])("the service file %j is refused", (text) => {
  expect(() => findService(text, "a")).toThrow();
});
