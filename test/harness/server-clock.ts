// A clock for a server of our own that a test can set, while the clock of the machine stays as it is.
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../src/pgq/index.ts";

export interface ServerClock {
  /** Variables with which the server has to be started. */
  readonly env: Readonly<Record<string, string>>;
  /** How wrong it is from now on. */
  set(offsetMs: number): void;
  /** When no server uses it any more. */
  remove(): void;
}

const OFFSET_BYTES = 8;

/** Null where there is no C compiler. */
export function makeServerClock(): ServerClock | null {
  const folder = mkdtempSync(join(tmpdir(), "skytools-clock-"));
  const library = join(folder, "server-clock.so");
  const source = join(packageRoot(), "test", "harness", "server-clock.c");
  const compiled = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], { stdio: "ignore" });
  if (compiled.status !== 0) {
    rmSync(folder, { recursive: true });
    return null;
  }
  const path = join(folder, "offset");
  const file = openSync(path, "w");
  const set = (offsetMs: number): void => {
    const microseconds = Buffer.alloc(OFFSET_BYTES);
    microseconds.writeBigInt64LE(BigInt(Math.round(offsetMs * 1000)));
    writeSync(file, microseconds, 0, OFFSET_BYTES, 0);
  };
  set(0);
  chmodSync(folder, 0o755); // the server runs as somebody else
  return {
    env: { LD_PRELOAD: library, SKYTOOLS_SERVER_CLOCK: path },
    set,
    remove() {
      closeSync(file);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
