// A TCP proxy before a server, which does to connections what bad networks do.
import { createServer, connect, type Server, type Socket } from "node:net";

export interface BadNetwork {
  readonly port: number;
  /** Resets all connections. */
  cut(): void;
  /** Forwards nothing for so long; connections stay, also new ones. */
  stall(ms: number): void;
  /**
   * The server's ends of all connections are reset, the clients' ends stay open and silent for so long, as when a
   * machine in between lost its state; then they are reset too.
   */
  halfOpen(ms: number): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  isHalf: boolean;
}

/** `targetPort` is asked for each connection: a server may come back on another port. */
export async function startBadNetwork(targetPort: () => number, host = "127.0.0.1"): Promise<BadNetwork> {
  const pairs = new Set<Pair>();
  let stalledUntil = 0;

  const listener: Server = createServer((client) => {
    const server = connect(targetPort(), host);
    const pair: Pair = { client, server, isHalf: false };
    pairs.add(pair);
    forward(client, server);
    forward(server, client);
    client.on("close", () => server.destroy());
    server.on("close", () => {
      if (!pair.isHalf) client.destroy();
    });
    client.on("close", () => pairs.delete(pair));
    if (performance.now() < stalledUntil) hold(pair);
  });

  const hold = ({ client, server }: Pair): void => {
    client.pause();
    server.pause();
    const timer = setTimeout(() => {
      client.resume();
      server.resume();
    }, stalledUntil - performance.now());
    timer.unref();
  };

  await new Promise<void>((resolve) => listener.listen(0, host, resolve));
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    cut: () => pairs.forEach(({ client }) => client.resetAndDestroy()),
    stall(ms) {
      stalledUntil = performance.now() + ms;
      pairs.forEach(hold);
    },
    halfOpen(ms) {
      for (const pair of pairs) {
        pair.isHalf = true;
        pair.server.resetAndDestroy();
        setTimeout(() => pair.client.resetAndDestroy(), ms).unref();
      }
    },
    close() {
      pairs.forEach(({ client }) => client.destroy());
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

function forward(from: Socket, to: Socket): void {
  from.on("error", () => undefined); // its close follows
  from.on("data", (chunk) => {
    if (to.destroyed || !to.writable) return;
    if (!to.write(chunk)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  });
}
