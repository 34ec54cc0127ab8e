// OpenSSH's server on this machine, for one user with one key; sftp included.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { errnoOf } from "../../src/errors/index.ts";
import { freePort } from "../../src/testing/server-process.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";
import { runProgram, startProgram } from "./program.ts";

export interface SshServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly privateKeyFile: string;
  /** The server's key as a line of known_hosts. */
  readonly knownHostsFile: string;
  readonly hostKey: Buffer;
  /** An empty folder for files. */
  readonly root: string;
  freeze(): void;
  thaw(): void;
  /** To the processes that serve the sessions of now, or only to those that work on files; they go with the server. */
  signalSessions(signal: NodeJS.Signals, which?: "all" | "files"): void;
  stop(): Promise<void>;
}

export async function startSshd(): Promise<SshServer> {
  const folder = temporaryFolder();
  const port = await freePort();
  for (const name of ["host_key", "user_key"]) {
    await runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", folder.file(name)]);
  }
  writeFileSync(folder.file("authorized_keys"), readFileSync(folder.file("user_key.pub")), { mode: 0o600 });
  const [type, key] = readFileSync(folder.file("host_key.pub"), "utf8").split(" ");
  writeFileSync(folder.file("known_hosts"), `[127.0.0.1]:${port} ${type ?? ""} ${key ?? ""}\n`);
  mkdirSync(folder.file("root"));
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  writeFileSync(
    folder.file("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder.file("host_key")}`,
      `AuthorizedKeysFile ${folder.file("authorized_keys")}`,
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "UsePAM no",
      "PermitRootLogin yes",
      "StrictModes no",
      "PidFile none",
      "Subsystem sftp internal-sftp",
      "",
    ].join("\n"),
  );
  const sshd = startProgram("/usr/sbin/sshd", ["-D", "-e", "-f", folder.file("sshd_config")]);
  // Nobody's children once their session ends, and they would never end by themselves.
  const stopped: number[] = [];
  const signalSessions = (signal: NodeJS.Signals, which: "all" | "files" = "all"): void => {
    const processes = descendants(sshd.pid).filter((pid) => which === "all" || descendants(pid).length === 0);
    for (const pid of processes) tryKill(pid, signal);
    if (signal === "SIGSTOP") stopped.push(...processes);
  };
  const stop = async (): Promise<void> => {
    signalSessions("SIGKILL");
    for (const pid of stopped) tryKill(pid, "SIGKILL");
    await sshd.stop("SIGKILL");
    folder[Symbol.dispose]();
  };
  try {
    await until(() => isOpen(port), { what: `sshd listening: ${sshd.output()}` });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: "127.0.0.1",
    port,
    user: userInfo().username,
    privateKeyFile: folder.file("user_key"),
    knownHostsFile: folder.file("known_hosts"),
    hostKey: Buffer.from(key ?? "", "base64"),
    root: folder.file("root"),
    freeze: () => void process.kill(sshd.pid, "SIGSTOP"),
    thaw: () => void process.kill(sshd.pid, "SIGCONT"),
    signalSessions,
    stop,
  };
}

function descendants(pid: number): readonly number[] {
  const children = childrenOf(pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** None of a process that has ended. */
function childrenOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  return existsSync(path) ? readFileSync(path, "utf8").split(" ").filter(Boolean).map(Number) : [];
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== "ESRCH") throw error;
  }
}

async function isOpen(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
