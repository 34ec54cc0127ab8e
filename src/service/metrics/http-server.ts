// The program's window for machines: GET /metrics, /health and /ready. Nothing else is answered, nothing is changed. Node's
// HTTP is loaded when it is opened, so that commands do without it.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SkytoolsError } from "../../errors/index.ts";
import type { Health, HealthAnswer } from "./health.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsServerOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly health: Health;
}

export interface MetricsServer extends AsyncDisposable {
  /** The one it listens on. */
  readonly port: number;
}

const REQUEST_TIMEOUT_MS = 10_000;

/** @throws WRONG_USE when the address cannot be listened on */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { address, port } = options;
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => void answer(request, response, options));
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(cannotListen(options, cause)));
    server.listen(port, address, resolve);
  });
  server.on("error", () => undefined); // a single broken client is nobody's problem
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  { method = "GET", url = "/" }: IncomingMessage,
  response: ServerResponse,
  { metrics, health }: MetricsServerOptions,
): Promise<void> {
  const path = url.split("?", 1)[0];
  try {
    if (method !== "GET" && method !== "HEAD") send(response, 405, TEXT, "only GET\n");
    else if (path === "/metrics") send(response, 200, metrics.contentType, await metrics.text());
    else if (path === "/health") sendHealth(response, health.live());
    else if (path === "/ready") sendHealth(response, health.ready());
    else send(response, 404, TEXT, "there are /metrics, /health and /ready\n");
  } catch {
    send(response, 500, TEXT, "the numbers could not be read\n");
  }
}

const TEXT = "text/plain; charset=utf-8";

function sendHealth(response: ServerResponse, { isOk, components }: HealthAnswer): void {
  const body = `${JSON.stringify({ status: isOk ? "ok" : "failing", components })}\n`;
  send(response, isOk ? 200 : 503, "application/json; charset=utf-8", body);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}

function cannotListen({ address, port }: MetricsServerOptions, cause: Error): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `cannot listen on ${address}:${port}: ${cause.message}`, {
    hint: "choose another metrics_port or metrics_address",
    cause,
  });
}
