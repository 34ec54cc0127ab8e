// What a check of the repository found.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { folderOf } from "../backup/index.ts";

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
  readonly #requireThere: () => Promise<unknown>;

  /** `requireThere` throws when the repository itself cannot be asked any more. */
  constructor(requireThere: () => Promise<unknown>) {
    this.#requireThere = requireThere;
  }

  bad(subject: string, message: string): void {
    this.found.push({ severity: "bad", subject, message });
  }

  note(subject: string, message: string): void {
    this.found.push({ severity: "note", subject, message });
  }

  /** Whether something bad was found about that backup or its objects. */
  isBad(set: string): boolean {
    return this.found.some((one) => one.severity === "bad" && isAbout(one, set));
  }

  /** A backup that is not there any more was removed, and is not damaged. */
  forget(set: string): void {
    const others = this.found.filter((one) => !isAbout(one, set));
    this.found.splice(0, this.found.length, ...others);
    this.note(set, "it was removed while it was looked at");
  }

  /** Runs a check; what it throws is a finding, unless it is the repository that went away. @throws STORE_FAILED */
  async attempt(subject: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (error instanceof SkytoolsError && error.code === "STORE_FAILED") await this.#requireThere();
      this.bad(
        subject,
        error instanceof SkytoolsError && error.code === "ENCRYPTION_KEY" ? unreadable(error) : reasonOf(error),
      );
    }
  }
}

/** It may be sound: whoever has the key can tell. */
function unreadable({ message, hint = "" }: SkytoolsError): string {
  return `it cannot be read with the keys that are given: ${message}; ${hint}`;
}

function isAbout({ subject }: Finding, set: string): boolean {
  return subject === set || subject.startsWith(`${folderOf(set)}/`);
}
