// Another release of Node, from the registry where there is one.
import { execFileSync } from "node:child_process";

const FETCH_LIMIT_MS = 120_000;

/** How to start it; null if it cannot be had here. */
export function otherNode(major: number): [string, ...string[]] | null {
  const command: [string, ...string[]] = ["npx", "-y", "-p", `node@${major}`, "node"];
  try {
    const version = execFileSync("npx", [...command.slice(1), "--version"], {
      encoding: "utf8",
      timeout: FETCH_LIMIT_MS,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return version.startsWith(`v${major}.`) ? command : null;
  } catch {
    return null;
  }
}
