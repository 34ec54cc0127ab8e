// The span of another process as the parent of ours: only its ids are known.
import type { SpanContext } from "./otel.ts";

/** Has all methods of a span, because samplers and span processors may call them. */
export class RemoteSpan {
  readonly #context: SpanContext;

  constructor(context: SpanContext) {
    this.#context = context;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
  isRecording(): boolean {
    return false;
  }
  setAttribute(): this {
    return this;
  }
  setAttributes(): this {
    return this;
  }
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  setStatus(): this {
    return this;
  }
  updateName(): this {
    return this;
  }
  recordException(): void {
    return;
  }
  end(): void {
    return;
  }
}
