// The list that stands for an archive, a line a part, in order: the name of a chunk and the number of its plain bytes, or an
// equals sign and a header in base64. A loop of the shell can put the archive together by it.
import { SkytoolsError } from "../../errors/index.ts";
import { asBuffer, type ByteSource } from "../codec/index.ts";
import { TAR_BLOCK } from "../formats/index.ts";
import { CHUNK_BYTES } from "./cutter.ts";
import { isChunkName } from "./names.ts";

export interface ListedChunk {
  readonly name: string;
  readonly plainBytes: number;
}

const HEADER_MARK = "=";

/** A Buffer: a header itself. */
export function formatListed(part: ListedChunk | Buffer): string {
  if (Buffer.isBuffer(part)) return `${HEADER_MARK} ${part.toString("base64")}\n`;
  return `${part.name} ${part.plainBytes}\n`;
}

/** @throws REPOSITORY_DAMAGED, and what the source throws */
export async function* parseChunkList(source: ByteSource): AsyncGenerator<ListedChunk | Buffer> {
  let rest = "";
  for await (const piece of source) {
    const lines = (rest + asBuffer(piece).toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield parseLine(line);
  }
  if (rest !== "") throw damaged(rest);
}

function parseLine(line: string): ListedChunk | Buffer {
  const [name = "", value = "", ...more] = line.split(" ");
  if (more.length > 0) throw damaged(line);
  if (name === HEADER_MARK) {
    const header = Buffer.from(value, "base64");
    if (header.length !== TAR_BLOCK) throw damaged(line);
    return header;
  }
  const plainBytes = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (!isChunkName(name) || plainBytes === 0 || plainBytes > CHUNK_BYTES) throw damaged(line);
  return { name, plainBytes };
}

function damaged(line: string): SkytoolsError {
  const shown = JSON.stringify(line.slice(0, 100));
  return new SkytoolsError("REPOSITORY_DAMAGED", `a list of chunks has a line that is none: ${shown}`);
}
