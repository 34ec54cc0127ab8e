// Findings for people: what, and below it what to do.
import type { QueueFinding } from "../pgq/index.ts";
import { paint, printable, type Style, type Terminal } from "../print/index.ts";

const styles: Readonly<Record<QueueFinding["severity"], Style>> = { problem: "red", warning: "yellow", info: "cyan" };

export function formatFindings(findings: readonly QueueFinding[], terminal: Terminal): string {
  const lines = findings.map(({ severity, message, cure }) => {
    const head = paint(terminal, styles[severity], severity);
    return `${head}: ${printable(message)}\n    ${printable(cure)}\n`;
  });
  return lines.join("");
}
