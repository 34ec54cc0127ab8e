// Makes restored files durable: one call of the system for all, by the program sync, else file by file.
import { spawn } from "node:child_process";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

export async function syncTrees(directories: readonly string[]): Promise<void> {
  if (await runSync(directories)) return;
  for (const directory of directories) await syncFiles(directory);
}

function runSync(directories: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("sync", ["-f", ...directories], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("close", (status) => resolve(status === 0));
  });
}

async function syncFiles(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await syncFiles(path);
    else if (entry.isFile()) await syncPath(path);
  }
  await syncPath(directory);
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
