// The part of OpenTelemetry that we use, if it is set up in this process. Its API leaves what is registered under a symbol
// that all its 1.x versions share, so nothing has to be imported, or be installed.

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly traceFlags: number;
  readonly traceState?: { serialize(): string } | undefined;
  readonly isRemote?: boolean;
}

export interface OtelSpan {
  spanContext(): SpanContext;
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  recordException(exception: Error | string): void;
  end(): void;
}

export interface OtelContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): OtelContext;
}

export interface OtelTracer {
  startSpan(
    name: string,
    options: {
      readonly kind: number;
      readonly attributes: Attributes;
      readonly links: { readonly context: SpanContext }[];
    },
    context: OtelContext,
  ): OtelSpan;
}

interface OtelGlobal {
  readonly context?: { active(): OtelContext; with<T>(context: OtelContext, work: () => T): T };
  readonly trace?: { getTracer(name: string): OtelTracer };
}

const API = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** null: no tracer provider is registered, so there is nobody who would want spans. */
export function currentTracer(): OtelTracer | null {
  return registered()?.trace?.getTracer("skytools") ?? null;
}

/** Of the active span; null without one. */
export function activeSpanContext(): SpanContext | null {
  const span = registered()?.context?.active().getValue(SPAN_KEY) as OtelSpan | undefined;
  return span?.spanContext() ?? null;
}

export function activeContext(): OtelContext {
  return registered()?.context?.active() ?? new PlainContext(new Map());
}

/** `undefined`: without a span. */
export function withSpan(
  context: OtelContext,
  span: OtelSpan | { spanContext(): SpanContext } | undefined,
): OtelContext {
  return context.setValue(SPAN_KEY, span);
}

/** Runs `work` in the context, which its awaits keep, if a context manager is registered. */
export function runIn<T>(context: OtelContext, work: () => T): T {
  const manager = registered()?.context;
  return manager === undefined ? work() : manager.with(context, work);
}

function registered(): OtelGlobal | undefined {
  return (globalThis as Record<symbol, OtelGlobal | undefined>)[API];
}

/** For programs that registered a tracer provider, but nothing that keeps contexts. */
class PlainContext implements OtelContext {
  readonly #values: ReadonlyMap<symbol, unknown>;

  constructor(values: ReadonlyMap<symbol, unknown>) {
    this.#values = values;
  }

  getValue(key: symbol): unknown {
    return this.#values.get(key);
  }

  setValue(key: symbol, value: unknown): OtelContext {
    return new PlainContext(new Map(this.#values).set(key, value));
  }

  deleteValue(key: symbol): OtelContext {
    const values = new Map(this.#values);
    values.delete(key);
    return new PlainContext(values);
  }
}
