// The position is also kept in a local file, for work on files and other things without transactions: at least once,
// and a queue that was restored from a backup is brought to where the file is.
// Source: spec of the consumers, 5.3 (LocalConsumer), with its file format.
import { SkytoolsError } from "../../errors/index.ts";
import { getConsumerPosition } from "../sql-calls/consumer-position.ts";
import type { Position, PositionContext } from "../consumer/seam.ts";
import { decide } from "./decide.ts";
import { readPositionFile, removePositionFile, writePositionFile } from "./position-file.ts";

/** What file() takes instead of a path. */
export interface FileOptions {
  /** The file is written after each batch, beside it FILE.new. Its folder must exist. */
  readonly path: string;
}

/**
 * The tick up to which events were worked on stands in a local file too: at least once. The handler gets no `tx`. Retries and dead letters are refused. Registers the consumer
 * if it is not.
 */
export function file(where: string | FileOptions): Position {
  const path = typeof where === "string" ? where : where.path;
  return {
    kind: "file",
    needsSameBatch: true,
    canRetry: false,
    align: (context) => align(path, context),
    async begin(batch) {
      const isDone = decide(batch, await readPositionFile(path), path) === "skip";
      return {
        isDone,
        tx: null,
        commit: () => writePositionFile(path, batch.tickId),
        rollback: () => Promise.resolve(),
      };
    },
    stored: () => readPositionFile(path),
    moved: (tick) => (tick === null ? removePositionFile(path) : writePositionFile(path, tick)),
  };
}

async function align(path: string, { database, source, queue, consumer }: PositionContext): Promise<void> {
  const inFile = await readPositionFile(path);
  const inQueue = await getConsumerPosition(database, queue, consumer);
  if (inFile === null) {
    // at the newest tick; the file is written after the first batch
    if (inQueue === null) await source.register(database, null);
    else if (inQueue.lastTick !== null) await writePositionFile(path, inQueue.lastTick);
    return;
  }
  if (inQueue?.lastTick === inFile) return;
  try {
    await source.register(database, inFile);
  } catch (cause) {
    throw new SkytoolsError(
      "POSITION_LOST",
      `lost position: consumer ${consumer} on queue ${queue} cannot be moved to tick ${inFile} of ${path}`,
      {
        hint: "the queue keeps ticks for one or two rotation periods; reset the position to go on from the queue's",
        cause,
      },
    );
  }
}
