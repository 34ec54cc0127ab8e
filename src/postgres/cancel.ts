// Asks the server to cancel what a session is doing, by the session's cancel key over a connection of its own.
// The request is not encrypted, as with libpq's PQcancel: the server takes it on every listener.
import { createConnection } from "node:net";
import type pg from "pg";
import type { HostAddress } from "./conninfo/settings.ts";

const CANCEL_REQUEST_CODE = 80_877_102;
const TIMEOUT_MS = 10_000;

/** Ends when the server has closed the request's connection, that is after the signal was sent. */
export async function cancelStatement(client: pg.Client, { host, hostaddr, port }: HostAddress): Promise<void> {
  const request = cancelRequest(client);
  if (request === null) return;
  const target = host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host: hostaddr ?? host, port };
  await new Promise<void>((resolve, reject) => {
    const socket = createConnection(target, () => socket.write(request));
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("the cancel request was not answered")));
    socket.on("data", () => undefined);
    socket.once("error", reject);
    socket.once("close", () => resolve());
  });
}

function cancelRequest(client: pg.Client): Buffer | null {
  // The driver keeps the key but its types do not show it.
  if (!("processID" in client && "secretKey" in client)) return null;
  const { processID, secretKey } = client;
  if (typeof processID !== "number" || typeof secretKey !== "number") return null;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  return request;
}
