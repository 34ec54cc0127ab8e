// Takes passwords out of texts that leave the program: log lines, health answers. Our own messages hold none; texts of
// others (the server, the system) may.
import { reasonOf } from "../../errors/index.ts";

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b(password|passwd|sslpassword|pgpassword)(\s*[=:]\s*)('(?:[^'\\]|\\.)*'|"[^"]*"|[^\s'"&,;)]+)/gi, "$1$2***"],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, "$1:***@"],
];

export function redact(text: string): string {
  return PATTERNS.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/** What an error says of itself, without passwords; anything may be thrown. */
export function redactedReason(error: unknown): string {
  return redact(reasonOf(error));
}
