// What a check of the repository found.
import { reasonOf } from "../../errors/index.ts";

export interface Finding {
  /** bad: data is damaged or missing. note: worth knowing. */
  readonly severity: "bad" | "note";
  /** Of the backup or object it is about. */
  readonly subject: string;
  readonly message: string;
}

export interface VerifyResult {
  readonly level: VerifyLevel;
  readonly findings: readonly Finding[];
  readonly checkedBackups: number;
  readonly checkedSegments: number;
  readonly checkedBytes: number;
  /** ISO 8601. */
  readonly finished: string;
}

/** Null: it cannot be read, which the next verify mends. */
export function parseVerifyResult(text: string): VerifyResult | null {
  try {
    const result = JSON.parse(text) as VerifyResult | null;
    return Array.isArray(result?.findings) ? result : null;
  } catch {
    return null;
  }
}

/** 1: everything is there; 2: stored bytes; 3: contents; 4: a server starts on it. */
export type VerifyLevel = 1 | 2 | 3 | 4;

export class Findings {
  readonly found: Finding[] = [];
  checkedBytes = 0;

  bad(subject: string, message: string): void {
    this.found.push({ severity: "bad", subject, message });
  }

  note(subject: string, message: string): void {
    this.found.push({ severity: "note", subject, message });
  }

  /** Runs a check; what it throws is a finding. */
  async attempt(subject: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      this.bad(subject, reasonOf(error));
    }
  }
}
