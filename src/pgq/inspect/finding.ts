// One thing that somebody should know, with what to do about it.

/** Something that needs attention, and what to do about it. */
export interface QueueFinding {
  /** problem: needs somebody. warning: may need somebody. info: an explanation, nothing is wrong. */
  readonly severity: "problem" | "warning" | "info";
  /** Stable name of the check, kebab-case. */
  readonly check: string;
  readonly queue: string | null;
  readonly consumer: string | null;
  /** What was found, with names and numbers. */
  readonly message: string;
  /** What to do: a command, a statement, or advice. */
  readonly cure: string;
}

type Where = { readonly queue?: string; readonly consumer?: string };

function finding(severity: QueueFinding["severity"]) {
  return (check: string, { queue, consumer }: Where, message: string, cure: string): QueueFinding => ({
    severity,
    check,
    queue: queue ?? null,
    consumer: consumer ?? null,
    message,
    cure,
  });
}

export const problem = finding("problem");
export const warning = finding("warning");
export const info = finding("info");

const ORDER = { problem: 0, warning: 1, info: 2 } as const;

/** The worst first; otherwise in the order of the checks. */
export function bySeverity(findings: readonly QueueFinding[]): readonly QueueFinding[] {
  return [...findings].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

/** "3 s", "5 min", "2 h", "4 d" of milliseconds, for sentences. */
export function spoken(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`;
}

/** A name as a word for a shell. */
export function word(name: string): string {
  return /^[\w.@%+:,/=-]+$/.test(name) && !name.startsWith("-") ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
