export { Receiver, type ReceiverOptions, type ReceiverState } from "./receiver.ts";
export { copyWal, type CopyWalOptions } from "./data-directory.ts";
export { askServer, parseServerSize, type OpenReplication, type ServerFacts } from "./server.ts";
export { ensureSlot, restartOf } from "./slot.ts";
export { ReceiveArea, type WalPosition } from "./receive-area.ts";
