import { appendFileSync, chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reasonOf } from "../../src/errors/index.ts";
import { type Config, connect } from "../../src/postgres/index.ts";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { freePort } from "../../src/testing/server-process.ts";
import { type Certificate, makeCertificate } from "../harness/certificate.ts";
import { until } from "../harness/until.ts";

let cluster: Cluster;
let home: string;
let authority: Certificate;
let base: Config;

/** A file that belongs to the server's user, as the server insists for keys. */
function writeForServer(name: string, text: string): void {
  const path = join(cluster.dataDirectory, name);
  const { uid, gid } = statSync(join(cluster.dataDirectory, "PG_VERSION"));
  writeFileSync(path, text, { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}

function inHome(name: string, text: string, mode = 0o600): string {
  const path = join(home, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const env = (): Record<string, string> => ({ HOME: home });

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "skytools-login-"));
  cluster = await startCluster({ major: 18 });
  base = { host: "127.0.0.1", port: String(cluster.port), dbname: "postgres" };

  await using admin = await connect({ ...base, user: "postgres" }, { env: env() });
  await admin.execute(`
    create role open login;
    create role scram login password 'p:w\\d';
    create role tls_only login;
    create role plain_only login;
    create role by_cert login;
    create role full login connection limit 0`);

  authority = makeCertificate({ name: "test authority" });
  const server = makeCertificate({ name: "localhost", dnsNames: ["localhost"], issuer: authority });
  writeForServer("server.crt", server.cert);
  writeForServer("server.key", server.key);
  writeForServer("ca.crt", authority.cert);
  writeForServer(
    "pg_hba.conf",
    `hostssl all tls_only all trust
     hostnossl all plain_only all trust
     host all scram all scram-sha-256
     hostssl all by_cert all cert
     host all postgres,open,full all trust`,
  );
  appendFileSync(join(cluster.dataDirectory, "postgresql.conf"), "ssl = on\nssl_ca_file = 'ca.crt'\n");
  await admin.query("select pg_reload_conf()");
  await until(async () => {
    const row = await admin.one<{ on: boolean }>("select current_setting('ssl') = 'on' as on");
    return row.on;
  });
});

afterAll(async () => {
  await cluster.stop();
  rmSync(home, { recursive: true });
});

/** What a login ends in: "tls", "plain", or the error's text. */
async function outcome(config: Config): Promise<string> {
  try {
    await using db = await connect({ ...base, ...config }, { env: env() });
    const row = await db.one<{ ssl: boolean }>("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    expect(db.facts.isEncrypted).toBe(row.ssl);
    return row.ssl ? "tls" : "plain";
  } catch (error) {
    return reasonOf(error);
  }
}

describe("sslmode", () => {
  test.each([
    ["disable", "open", "plain"],
    ["allow", "open", "plain"],
    ["prefer", "open", "tls"],
    ["require", "open", "tls"],
    ["disable", "tls_only", "no encryption"],
    ["allow", "tls_only", "tls"],
    ["prefer", "tls_only", "tls"],
    ["require", "tls_only", "tls"],
    ["disable", "plain_only", "plain"],
    ["allow", "plain_only", "plain"],
    ["prefer", "plain_only", "plain"],
    ["require", "plain_only", "no pg_hba.conf entry"],
    ["verify-ca", "open", 'root.crt" does not exist'],
    ["verify-full", "open", 'root.crt" does not exist'],
  ])("%s with a role that is let in as %s", async (sslmode, user, expected) => {
    expect(await outcome({ sslmode, user })).toContain(expected);
  });

  test.each([
    ["verify-ca", "localhost", "right", "tls"],
    ["verify-ca", "127.0.0.1", "right", "tls"],
    ["verify-ca", "localhost", "wrong", "failed"],
    ["verify-full", "localhost", "right", "tls"],
    ["verify-full", "127.0.0.1", "right", "altnames"],
    ["verify-full", "localhost", "wrong", "failed"],
    ["require", "localhost", "wrong", "failed"],
    ["prefer", "localhost", "wrong", "plain"],
  ])("%s to %s with the %s root certificate", async (sslmode, host, which, expected) => {
    const root = which === "right" ? authority : makeCertificate({ name: "test authority" });
    const sslrootcert = inHome(`root-${which}.crt`, root.cert);

    expect(await outcome({ user: "open", sslmode, host, hostaddr: "127.0.0.1", sslrootcert })).toContain(expected);
  });

  test("sslrootcert=system does not know our authority", async () => {
    expect(await outcome({ user: "open", host: "localhost", sslrootcert: "system" })).toContain("certificate");
  });

  test("a client certificate logs in, and a key that others can read is refused", async () => {
    const own = makeCertificate({ name: "by_cert", issuer: authority });
    const sslcert = inHome("own.crt", own.cert);
    const safe = inHome("own.key", own.key);
    const unsafe = inHome("open.key", own.key, 0o644);

    expect(await outcome({ user: "by_cert", sslmode: "require", sslcert, sslkey: safe })).toBe("tls");
    expect(await outcome({ user: "by_cert", sslmode: "require", sslcert, sslkey: unsafe })).toContain(
      "open to group or others",
    );
  });

  test("direct negotiation works where the server has it", async () => {
    expect(await outcome({ user: "open", sslmode: "require", sslnegotiation: "direct" })).toBe("tls");
  });
});

describe("passwords", () => {
  const login = (config: Config, more: Record<string, string> = {}): Promise<string> =>
    connect({ ...base, user: "scram", ...config }, { env: { ...env(), ...more } }).then(async (db) => {
      await db.close();
      return "in";
    }, reasonOf);

  test("comes from the string, else from the environment", async () => {
    expect(await login({ password: "p:w\\d" })).toBe("in");
    expect(await login({}, { PGPASSWORD: "p:w\\d" })).toBe("in");
    expect(await login({ password: "wrong" }, { PGPASSWORD: "p:w\\d" })).toContain("password authentication failed");
  });

  test("comes from the password file, escapes and wild cards read", async () => {
    inHome(".pgpass", "# comment\n127.0.0.1:1:*:*:no\n127.0.0.1:*:postgres:scram:p\\:w\\\\d\n*:*:*:*:late\n");
    const given = inHome("other-pass", "*:*:*:scram:p\\:w\\\\d\n");

    expect(await login({})).toBe("in");
    expect(await login({}, { PGPASSFILE: given })).toBe("in");
    expect(await login({ passfile: given })).toBe("in");
  });

  test("a password file that others can read is ignored with a warning", async () => {
    const passfile = inHome("loose-pass", "*:*:*:*:p\\:w\\\\d\n", 0o644);
    const warnings: string[] = [];
    const log = { warn: (_: object, text: string) => void warnings.push(text), debug: () => undefined };

    const connecting = connect({ ...base, user: "scram", passfile }, { env: env(), log });

    await expect(connecting).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      hint: expect.stringContaining("PGPASSWORD") as string,
    });
    expect(warnings).toContain("password file is open to group or others; ignored. chmod 0600 it");
  });

  test("a wrong one fails with the server's state and what to do, and does not show it", async () => {
    const connecting = connect({ ...base, user: "scram", password: "hush" }, { env: env() });

    const error: unknown = await connecting.catch((e: unknown) => e);

    expect(error).toMatchObject({
      code: "CONNECTION_FAILED",
      hint: expect.stringContaining("check user and password") as string,
    });
    expect(error).toMatchObject({ details: { sqlstate: "28P01" } });
    expect(JSON.stringify(error) + String(error)).not.toContain("hush");
  });
});

describe("what is wrong is said", () => {
  test.each([
    ["a database that is not there", { dbname: "nowhere" }, /database "nowhere" does not exist/, /database name/],
    ["a role without free connections", { user: "full" }, /too many connections/, /max_connections/],
    ["a host name that is not there", { host: "no-such-host.invalid" }, /no-such-host\.invalid/, /name/],
    ["a socket that is not there", { host: "/nonexistent" }, /socket \/nonexistent/, /unix_socket_directories/],
  ] as const)("%s", async (_, config, message, hint) => {
    const connecting = connect({ ...base, user: "open", ...config }, { env: env() });

    await expect(connecting).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
  });

  test("a port where nobody listens", async () => {
    const connecting = connect({ ...base, user: "open", port: String(await freePort()) }, { env: env() });

    await expect(connecting).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      hint: expect.stringContaining("running") as string,
    });
  });
});

describe("several hosts", () => {
  let silent: Server;
  let silentPort: number;

  beforeAll(async () => {
    silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const address = silent.address();
    silentPort = typeof address === "object" && address !== null ? address.port : 0;
  });

  afterAll(() => {
    silent.close();
  });

  test("one where nobody listens is passed over", async () => {
    const ports = `${await freePort()},${cluster.port}`;

    await using db = await connect(
      { user: "open", dbname: "postgres", host: "127.0.0.1,127.0.0.1", port: ports },
      { env: env() },
    );

    expect(db.facts.address.port).toBe(cluster.port);
  });

  test("one that does not answer costs connect_timeout", async () => {
    const config = { user: "open", dbname: "postgres", host: "127.0.0.1,127.0.0.1", connect_timeout: "2" };

    await using db = await connect({ ...config, port: `${silentPort},${cluster.port}` }, { env: env() });

    expect(db.facts.address.port).toBe(cluster.port);
  });

  test("a wrong password ends the search", async () => {
    const config = { user: "scram", password: "wrong", dbname: "postgres", host: "127.0.0.1,127.0.0.1" };

    const connecting = connect({ ...config, port: `${cluster.port},${await freePort()}` }, { env: env() });

    await expect(connecting).rejects.toThrow(/^(?!.*ECONNREFUSED).*password authentication failed/);
  });

  test.each([
    ["any", "in"],
    ["read-write", "in"],
    ["primary", "in"],
    ["prefer-standby", "in"],
    ["standby", "is not standby"],
    ["read-only", "is not read-only"],
  ])("target_session_attrs=%s on a lone primary", async (target_session_attrs, expected) => {
    const result = await outcome({ user: "open", target_session_attrs });

    expect(result === "tls" ? "in" : result).toContain(expected);
  });

  test("aborting ends the wait for a server that does not answer", async () => {
    const controller = new AbortController();
    const connecting = connect(
      { user: "open", host: "127.0.0.1", port: String(silentPort) },
      { env: env(), signal: controller.signal },
    );

    controller.abort();

    await expect(connecting).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("where settings come from", () => {
  test("string before service before environment", async () => {
    const PGSERVICEFILE = inHome(
      "services",
      `[other]\nuser=nobody\n[mine]\n# here\nhost=127.0.0.1\nport=${cluster.port}\nuser=nobody\ndbname=postgres\n`,
    );
    const environment = {
      ...env(),
      PGSERVICEFILE,
      PGSERVICE: "mine",
      PGUSER: "nobody",
      PGHOST: "nowhere.invalid",
      PGAPPNAME: "from env",
    };

    await using db = await connect("user=open", { env: environment });
    const row = await db.one("select current_user::text as user, current_setting('application_name') as app");

    expect(row).toEqual({ user: "open", app: "from env" });
  });

  test("a service that is not there", async () => {
    await expect(connect("service=missing", { env: env() })).rejects.toMatchObject({ code: "SERVICE_FILE" });
  });

  test("options reach the server; process.env does not, unless it is handed in", async () => {
    process.env["PGOPTIONS"] = "-c geqo=off";
    try {
      await using db = await connect({ ...base, user: "open", options: "-c enable_sort=off" }, { env: env() });
      await using plain = await connect({ ...base, user: "open" }, { env: env() });

      expect(await db.one("select current_setting('enable_sort') as v")).toEqual({ v: "off" });
      expect(await plain.one("select current_setting('geqo') as v")).toEqual({ v: "on" });
    } finally {
      delete process.env["PGOPTIONS"];
    }
  });

  test("the local socket is used when the host is a folder", async () => {
    await using admin = await connect({ ...base, user: "postgres" }, { env: env() });
    const row = await admin.one<{ dir: string }>(
      "select split_part(current_setting('unix_socket_directories'), ',', 1) as dir",
    );

    expect(row.dir === "" ? "no socket" : await outcome({ user: "open", host: row.dir })).toMatch(
      /^(no socket|plain|.*pg_hba.conf.*)$/,
    );
  });
});
