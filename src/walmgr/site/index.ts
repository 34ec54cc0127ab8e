export { binOf, controlCommand, findBin, requireBin } from "./find-server.ts";
export { addAuthorizedKey, addPassword, removeAuthorizedKeys, removePassword } from "./own-lines.ts";
export { masterFile, slaveFile } from "./sample-files.ts";
export { requireMounted, unmountedPoint } from "./mounts.ts";
