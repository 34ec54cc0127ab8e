export { copyEventsToQueue, type CopiedEvent } from "./copy-to-queue.ts";
export { insertStatement, isSmall } from "./insert-into-queue.ts";
export { type BytePlace, CascadeEvent, EVENT_COLUMNS, type EventChanges } from "./event.ts";
export { readBatchEvents, type EventChunk, type ReadEventsOptions } from "./read-batch.ts";
