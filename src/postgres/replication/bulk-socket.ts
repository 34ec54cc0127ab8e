// A socket for very much data in one direction: the system writes into pieces of large buffers. Nearly all of these are
// garbage again by the time of the next cheap collection, while a buffer for each read would call for expensive ones.
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";

const BUFFER_BYTES = 1024 * 1024;
/** With less room than this in a buffer the next one is begun. */
const MIN_READ_BYTES = 128 * 1024;

/** Bytes that were read are never written over. */
export function bulkSocket(): Socket {
  let room = Buffer.alloc(0);
  const onread: OnReadOpts = {
    buffer: () => (room = room.length >= MIN_READ_BYTES ? room : Buffer.allocUnsafeSlow(BUFFER_BYTES)),
    callback(bytes) {
      const data = room.subarray(0, bytes);
      room = room.subarray(bytes);
      socket.emit("data", data);
      return true;
    },
  };
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread }; // the types know it of connect() only
  const socket = new Socket(options);
  return socket;
}
