// A program of the system as a step between two async iterables, for formats that this Node cannot do by itself.
import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { SkytoolsError } from "../../errors/index.ts";
import type { ByteSource } from "./bytes.ts";

/** @throws CODEC_MISSING when there is no such program, REPOSITORY_DAMAGED when it fails */
export async function* throughProgram(
  source: ByteSource,
  program: string,
  args: readonly string[],
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-500)));
  const ended = new Promise<number | Error | null>((resolve) => {
    child.once("error", resolve);
    child.once("close", resolve);
  });
  let sourceError: unknown = null;
  const input = Readable.from(source, { objectMode: false });
  input.on("error", (error) => {
    sourceError = error;
    child.kill();
  });
  child.stdin.on("error", () => undefined); // the program ended early; its status says why
  input.pipe(child.stdin);
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const status = await ended;
    if (sourceError !== null) throw sourceError as Error;
    if (status instanceof Error) throw missing(program, status);
    if (status !== 0) throw new SkytoolsError("REPOSITORY_DAMAGED", `${program} failed: ${complaint.trim()}`);
  } finally {
    input.destroy();
    child.kill();
  }
}

function missing(program: string, cause: Error): SkytoolsError {
  return new SkytoolsError("CODEC_MISSING", `the program ${program} cannot be run`, {
    cause,
    hint: `install ${program}, or use Node 22.15 or later, which can do it by itself`,
  });
}
