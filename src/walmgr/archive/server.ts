// The warm daemon behind archive_command and restore_command: HTTP on a unix socket that only its owner may open. Files
// are named by their paths, as the server and the daemon are on the same computer.
//
//   POST /push?name=…&path=…              200 stored or there already, or dropped; 409 refused; 500 not stored
//   POST /get?name=…&path=…[&partial=1]   200 there now; 404 surely absent; 503 cannot tell
//   GET  /metrics                         Prometheus text
import { chmod, mkdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { basename, dirname, isAbsolute } from "node:path";
import { errorCodes, reasonOf, SkytoolsError, walmgrExit } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { DirectoryStore, writeText } from "../store/index.ts";
import type { PushResult } from "./push-spool.ts";

export interface ServeOptions {
  readonly socketPath: string;
  readonly push: (name: string, path: string) => Promise<PushResult>;
  readonly get: (name: string, destination: string, allowPartial: boolean) => Promise<"found" | "absent">;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly log: Logger;
}

export interface ArchiveServer extends AsyncDisposable {
  close(): Promise<void>;
}

/** @throws LEASE_HELD when another daemon answers on the socket, STORE_FAILED when the socket cannot be made */
export async function startArchiveServer(options: ServeOptions): Promise<ArchiveServer> {
  const { socketPath } = options;
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  if (await answers(socketPath)) {
    throw new SkytoolsError("LEASE_HELD", `another process serves ${socketPath}`);
  }
  await rm(socketPath, { force: true });
  const server = createServer((request, response) => void answer(options, request, response));
  await listen(server, socketPath);
  await chmod(socketPath, 0o600);
  const close = async (): Promise<void> => {
    server.closeIdleConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await rm(socketPath, { force: true });
  };
  return { close, [Symbol.asyncDispose]: close };
}

async function answer(options: ServeOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { log } = options;
  let status = 500;
  let text = "";
  let contentType = "text/plain";
  try {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname === "/push") [status, text] = [200, await options.push(...fileOf(url))];
    else if (url.pathname === "/get") [status, text] = await got(options, url);
    else if (url.pathname === "/metrics") {
      status = 200;
      ({ text, contentType } = await options.metrics());
    } else [status, text] = [400, "unknown path"];
  } catch (error) {
    status = statusOf(error);
    text = reasonOf(error);
    log.error({ error, request: request.url?.split("?")[0] }, "a file could not be archived or fetched");
  }
  response.writeHead(status, { "content-type": contentType, connection: "close" });
  response.end(`${text}\n`);
}

async function got(options: ServeOptions, url: URL): Promise<[number, string]> {
  const [name, path] = fileOf(url);
  const result = await options.get(name, path, url.searchParams.get("partial") === "1");
  return [result === "found" ? 200 : 404, result];
}

function fileOf({ searchParams }: URL): [string, string] {
  const [name, path] = [searchParams.get("name"), searchParams.get("path")];
  if (name === null || path === null || !isAbsolute(path)) {
    throw new SkytoolsError("WRONG_USE", "name and an absolute path are needed");
  }
  return [name, path];
}

function statusOf(error: unknown): number {
  if (!(error instanceof SkytoolsError)) return 500;
  if (error.code === "WAL_CANNOT_TELL") return 503;
  return errorCodes[error.code].exit === walmgrExit.refused ? 409 : 500;
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new SkytoolsError("STORE_FAILED", `cannot listen on ${socketPath}: ${cause.message}`, {
          cause,
          hint: "its folder must be writable for this user; `socket` names another place",
        }),
      ),
    );
    server.listen(socketPath, () => resolve());
  });
}

/**
 * For a shell: calls archive-get. To the server every status up to 125 means that there is no such file, and Node ends with 1 too
 * when it cannot even load the program, as during its upgrade: absent is what archive-get says to be.
 */
export function fetchScript(command: string): string {
  return `said=$(${command}) && exit 0; [ "$said" = ${ABSENT} ] && exit 1; exit 150`;
}

/** What archive-get prints where it ends with 1. */
export const ABSENT = "absent";

/**
 * The few lines of shell between PostgreSQL and the daemon; without curl or daemon the slow way is taken. The script is
 * whole at every moment: an empty one would end with status 0, and the server would think that its WAL is stored.
 */
export async function writeClient(path: string, socketPath: string, slowCommand: string): Promise<void> {
  const store = new DirectoryStore(dirname(path), { fileMode: 0o700 });
  await writeText(store, basename(path), clientScript(socketPath, slowCommand));
}

export function clientScript(socketPath: string, slowCommand: string): string {
  return `#!/bin/sh
# Made by "walmgr serve". archive_command: client.sh push "%p" %f   restore_command: client.sh get %f "%p"
socket='${socketPath.replaceAll("'", `'\\''`)}'
absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
ask() {
  curl -s -o /dev/null -w '%{http_code}' --max-time 3600 --unix-socket "$socket" -X POST -G \\
    --data-urlencode "name=$2" --data-urlencode "path=$(absolute "$3")" $4 "http://localhost/$1" 2>/dev/null
}
case $1 in
  push)
    [ "$(ask push "$3" "$2")" = 200 ] || exec ${slowCommand} archive-push "$2" "$3"
    ;;
  get)
    partial=""; [ "$4" = partial ] && partial="-d partial=1"
    case $(ask get "$2" "$3" "$partial") in
      200) exit 0 ;;
      404) exit 1 ;;
      *) ${fetchScript(`${slowCommand} archive-get \${4:+--partial} "$2" "$3"`)} ;;
    esac
    ;;
  *) echo "usage: $0 push PATH NAME | get NAME PATH [partial]" >&2; exit 255 ;;
esac
`;
}
