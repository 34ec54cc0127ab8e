// SIGINT and SIGTERM as an AbortSignal: the first asks to finish, the second ends at once.
import type { EventEmitter } from "node:events";
import { constants } from "node:os";

export const stopSignals = ["SIGINT", "SIGTERM"] as const;
export type StopSignal = (typeof stopSignals)[number];

export interface SignalWatch extends Disposable {
  readonly signal: AbortSignal;
}

export interface SignalSource extends Pick<EventEmitter, "on" | "off"> {
  exit(status: number): void;
}

/** Watches until it is disposed. `process` is the usual source. */
export function watchSignals(source: SignalSource = process): SignalWatch {
  const controller = new AbortController();
  const receive = (name: StopSignal): void => {
    // As a shell reports a program that a signal ended.
    if (controller.signal.aborted) source.exit(128 + constants.signals[name]);
    else controller.abort(name);
  };
  for (const name of stopSignals) source.on(name, receive);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of stopSignals) source.off(name, receive);
    },
  };
}
