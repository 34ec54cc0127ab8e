// OpenTelemetry as an application sets it up, with the spans kept in memory.
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

export interface SpanWatch extends Disposable {
  /** The spans that have ended, of one name or all, in the order of their ends. */
  readonly spans: (name?: string) => readonly ReadableSpan[];
}

export function watchSpans(): SpanWatch {
  const exporter = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  return {
    spans: (name) => exporter.getFinishedSpans().filter((span) => name === undefined || span.name === name),
    [Symbol.dispose]() {
      trace.disable();
      context.disable();
    },
  };
}
