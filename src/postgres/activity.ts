// What the watch over silent connections must know of one.
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What a connection is doing, seen from its own end. */
export interface Activity {
  /** Bytes in both directions, ever: the same number means that nothing moved. */
  readonly traffic: number;
  /** Of the statement that runs, so many bytes at most may still be on their way to the server. */
  readonly onTheWay: number;
  /** A statement runs, and we have read all that came. */
  readonly isWaiting: boolean;
  /** A COPY whose rows are still to come from elsewhere: the server rightly waits for us. */
  readonly isFeeding: boolean;
}

/** What our system and the server's may keep in the buffers of a socket: common defaults. */
const MOST_IN_BUFFERS_BYTES = 4 * 1024 * 1024;

/** The bytes of a connection's stream. */
export class Traffic {
  readonly #stream: Duplex;
  /** Bytes, before the statement that runs. */
  #sentBefore = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /** A statement is about to be sent. */
  begin(): void {
    this.#sentBefore = this.#bytes.sent;
  }

  get activity(): Pick<Activity, "traffic" | "onTheWay"> {
    const { received, sent } = this.#bytes;
    const onTheWay = Math.min(sent - this.#sentBefore, this.#stream.writableLength + MOST_IN_BUFFERS_BYTES);
    return { traffic: received + sent, onTheWay };
  }

  get #bytes(): { readonly received: number; readonly sent: number } {
    const { bytesRead = 0, bytesWritten = 0 } = this.#stream as Partial<Socket>;
    return { received: bytesRead, sent: bytesWritten };
  }
}
