// What the doctor reports.

export interface Finding {
  /** error: does not work or may lose events. warning: will need somebody. */
  readonly severity: "error" | "warning";
  /** Stable name of the check, kebab-case. */
  readonly check: string;
  /** What was found, with the object's name. */
  readonly message: string;
  /** What to do: a command or a statement. */
  readonly cure: string;
}

/** A line for a person. */
export function formatFinding({ severity, message, cure }: Finding): string {
  return `${severity}: ${message}\n    ${cure}`;
}

export function problem(check: string, message: string, cure: string): Finding {
  return { severity: "error", check, message, cure };
}

export function remark(check: string, message: string, cure: string): Finding {
  return { severity: "warning", check, message, cure };
}

export function reinstall(schema: string): string {
  return `skytools install ${schema}`;
}
