// What the server says besides results: raise notice, warnings, hints about skipped objects.

export interface Notice {
  /** NOTICE, WARNING, INFO, LOG or DEBUG (in the server's language). */
  readonly severity: string;
  readonly sqlstate: string;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
}

/** The part of the driver's message that is used. */
export interface DriverNotice {
  readonly severity?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

export function toNotice({ severity, code, message, detail, hint }: DriverNotice): Notice {
  return {
    severity: severity ?? "NOTICE",
    sqlstate: code ?? "00000",
    message: message ?? "",
    detail: detail ?? null,
    hint: hint ?? null,
  };
}
