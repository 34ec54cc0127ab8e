// A socket for very much data in one direction: the system writes into pieces of large buffers.
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { ReadMemory } from "./read-memory.ts";

export class BulkSocket extends Socket {
  readonly memory: ReadMemory;

  constructor() {
    const memory = new ReadMemory();
    const onread: OnReadOpts = {
      buffer: () => memory.room(),
      callback: (bytes) => {
        this.emit("data", memory.read(bytes));
        return true;
      },
    };
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread }; // the types know it of connect() only
    super(options);
    this.memory = memory;
  }
}
