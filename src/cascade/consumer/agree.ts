// The pause protocol: an administrator writes a wish (paused) and takes `uptodate` away, the consumer gives it back once
// it has read the wish. Who waits for `uptodate` then knows that the consumer stands outside of any batch.
// Source: spec of the cascade, 3.4.
import type { ConsumerState } from "./batch.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { type CascadeConsumer, getConsumerState, setConsumerUptodate } from "../sql-calls/index.ts";

/**
 * The state that was agreed on: what is returned was read after or together with `uptodate`. The wish may change between
 * the answer and its being read, so it is read until it stands.
 */
export async function agreedState(target: Connection, log: Logger, consumer: CascadeConsumer): Promise<ConsumerState> {
  for (;;) {
    const state = await getConsumerState(target, consumer);
    if (state.isUptodate) return state;
    await setConsumerUptodate(target, log, consumer, true);
  }
}

/** Whether a consumer that does something else must look again: its provider or the wish have changed. */
export function isOtherWish(before: ConsumerState | null, now: ConsumerState): boolean {
  if (before === null) return false;
  return (
    before.isPaused !== now.isPaused ||
    before.nodeType !== now.nodeType ||
    before.providerNode !== now.providerNode ||
    before.providerLocation !== now.providerLocation ||
    before.completedTick !== now.completedTick
  );
}
