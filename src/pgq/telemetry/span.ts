// A span of ours, from its start to its end, with the attributes that OpenTelemetry's conventions for messaging ask for.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { sqlstateOf } from "../sqlstate-of.ts";
import {
  activeContext,
  type Attributes,
  type OtelContext,
  type OtelSpan,
  type OtelTracer,
  runIn,
  type SpanContext,
  withSpan,
} from "./otel.ts";
import { RemoteSpan } from "./remote-span.ts";

const PRODUCER = 3;
const CONSUMER = 4;
const ERROR = 2;

export class Span {
  readonly #span: OtelSpan;
  readonly #context: OtelContext;

  constructor(span: OtelSpan, context: OtelContext) {
    this.#span = span;
    this.#context = withSpan(context, span);
  }

  get context(): SpanContext {
    return this.#span.spanContext();
  }

  /** Runs `work` with this as the active span. */
  run<T>(work: () => T): T {
    return runIn(this.#context, work);
  }

  failed(error: unknown): void {
    this.#span.recordException(error instanceof Error ? error : String(error));
    this.#span.setAttributes({ "error.type": errorType(error) });
    this.#span.setStatus({ code: ERROR, message: reasonOf(error) });
  }

  end(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
    this.#span.end();
  }
}

/** Child of the active span. */
export function startSend(tracer: OtelTracer, queue: string): Span {
  const context = activeContext();
  const attributes = attributesOf("send", queue);
  return new Span(tracer.startSpan(`send ${queue}`, { kind: PRODUCER, attributes, links: [] }, context), context);
}

export interface Processing {
  readonly queue: string;
  readonly consumer: string;
  /** Whose trace goes on here. Without it a new trace begins: what the consumer was started in is no cause of an event. */
  readonly parent: SpanContext | null;
  readonly links: readonly SpanContext[];
  readonly attributes: Attributes;
}

export function startProcess(tracer: OtelTracer, { queue, consumer, parent, links, attributes }: Processing): Span {
  const context = withSpan(activeContext(), parent === null ? undefined : new RemoteSpan(parent));
  const options = {
    kind: CONSUMER,
    attributes: { ...attributesOf("process", queue), "messaging.consumer.group.name": consumer, ...attributes },
    links: links.map((link) => ({ context: link })),
  };
  return new Span(tracer.startSpan(`process ${queue}`, options, context), context);
}

function attributesOf(operation: "send" | "process", queue: string): Attributes {
  return {
    "messaging.system": "pgq",
    "messaging.destination.name": queue,
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
  };
}

/** Few values: our code, the SQLSTATE, or the class of the error. */
function errorType(error: unknown): string {
  if (error instanceof SkytoolsError) return error.code;
  return sqlstateOf(error) ?? (error instanceof Error ? error.name : "_OTHER");
}
