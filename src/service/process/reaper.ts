// A guard that ends a database server and removes its folder when this process is gone.
import { type ChildProcess, spawn } from "node:child_process";

// Waits for its standard input to end, which happens when the parent is gone however it died; then stops the server
// whose postmaster.pid lies in the directory with the signal that is given, and removes the directory unless it is kept.
const REAPER = `
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -"$2" "$pid" 2>/dev/null
  i=0
  while kill -0 "$pid" 2>/dev/null && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
  kill -KILL "$pid" 2>/dev/null
fi
[ "$3" = keep ] || rm -rf "$1"`;

/** keep: the server is shut down properly and the directory stays. */
export function startReaper(directory: string, what: "remove" | "keep"): ChildProcess {
  const signal = what === "keep" ? "INT" : "QUIT";
  const reaper = spawn("/bin/sh", ["-c", REAPER, "reaper", directory, signal, what], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void } | null)?.unref();
  return reaper;
}

export async function endReaper(reaper: ChildProcess): Promise<void> {
  if (reaper.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => reaper.once("exit", () => resolve()));
  reaper.ref();
  reaper.stdin?.end();
  await gone;
}
