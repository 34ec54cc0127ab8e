// A TCP proxy that can stop passing anything on without closing a connection: what a dead network looks like. And a slow one.
import { createConnection, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** So many were made so far. */
  readonly connections: number;
  /** From now on nothing comes through, and connections that are made get no answer. */
  swallow(): void;
  /** Connections that are made from now on work; those that were swallowed stay dead. */
  letThrough(): void;
}

export interface Way {
  /** So fast is the way to the server. */
  readonly bytesPerSecond?: number;
  /** So long takes everything in each direction, at any speed. */
  readonly latencyMs?: number;
}

export async function startProxy(
  targetPort: number,
  { bytesPerSecond = Infinity, latencyMs = 0 }: Way = {},
): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isSwallowing = false;
  let connections = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    return socket.on("close", () => sockets.delete(socket));
  };
  const server = createServer((incoming) => {
    keep(incoming);
    connections += 1;
    if (isSwallowing) return;
    const outgoing = keep(createConnection(targetPort, "127.0.0.1"));
    if (latencyMs > 0) {
      passLater(incoming, outgoing, latencyMs);
      passLater(outgoing, incoming, latencyMs);
      return;
    }
    if (bytesPerSecond === Infinity) incoming.pipe(outgoing);
    else incoming.pipe(slowed(bytesPerSecond)).pipe(outgoing);
    outgoing.pipe(incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    get connections() {
      return connections;
    },
    swallow() {
      isSwallowing = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    letThrough() {
      isSwallowing = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function slowed(bytesPerSecond: number): Transform {
  return new Transform({
    transform: (piece: Buffer, _, done) => {
      void delay((piece.length / bytesPerSecond) * 1000).then(() => done(null, piece));
    },
  });
}

/** All that is on the way is held in memory. */
function passLater(from: Socket, to: Socket, latencyMs: number): void {
  from.on("data", (piece: Buffer) => setTimeout(() => to.write(piece), latencyMs));
  from.on("close", () => setTimeout(() => to.destroy(), latencyMs));
}
