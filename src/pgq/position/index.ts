export { inDatabase } from "./in-database.ts";
export { serial, type SerialOptions } from "./serial.ts";
export { remote, type RemoteOptions } from "./remote.ts";
export { file, type FileOptions } from "./file.ts";
export { resetPosition, rewindToPosition } from "./reposition.ts";
