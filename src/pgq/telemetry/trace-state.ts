// tracestate: what tracing systems add to a trace for themselves. Carried as it came.
// Source: W3C Trace Context, 3.3.

type Members = readonly (readonly [key: string, value: string])[];

const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,256}$/;
const MAX_MEMBERS = 32;
const MAX_CHARS = 512;

/** Has the interface TraceState of OpenTelemetry. */
export class TraceState {
  readonly #members: Members;

  constructor(members: Members) {
    this.#members = members;
  }

  get(key: string): string | undefined {
    return this.#members.find(([name]) => name === key)?.[1];
  }

  /** What is new comes first. */
  set(key: string, value: string): TraceState {
    return new TraceState([[key, value], ...this.unset(key).#members]);
  }

  unset(key: string): TraceState {
    return new TraceState(this.#members.filter(([name]) => name !== key));
  }

  serialize(): string {
    return this.#members.map(([key, value]) => `${key}=${value}`).join(",");
  }
}

/** null: the text is no tracestate. */
export function parseTraceState(text: string): TraceState | null {
  if (text.length > MAX_CHARS) return null;
  const members = text.split(",").map((member) => member.trim());
  if (members.length > MAX_MEMBERS || !members.every((member) => MEMBER.test(member))) return null;
  return new TraceState(
    members.map((member) => {
      const at = member.indexOf("=");
      return [member.slice(0, at), member.slice(at + 1)] as const;
    }),
  );
}
