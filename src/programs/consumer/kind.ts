// The five ways to keep a position that the old framework had as classes.

/**
 * Where the position is kept, and with it what is guaranteed; in brackets the class of the old framework.
 *
 * plain: in the queue's database; exactly once for what is written through `tx` (Consumer).
 * cooperative: the same, shared by several processes (CoopConsumer).
 * serial: by tick in a second database, in the transaction that is written through `tx`; exactly once (SerialConsumer).
 * remote: the same by batch (RemoteConsumer); new programs take serial.
 * file: by tick in a local file; at least once, no `tx`, no retries (LocalConsumer).
 */
export type ConsumerKind = "plain" | "cooperative" | "serial" | "remote" | "file";
