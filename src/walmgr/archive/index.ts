export { pushFile } from "./push.ts";
export { pushPast, type PushResult, PushSpool, type PushSpoolOptions } from "./push-spool.ts";
export { WalFetcher, type FetcherOptions, type GetRequest } from "./get.ts";
export { Prefetch, type PrefetchOptions } from "./prefetch.ts";
export { servingPartials } from "./promotion-mark.ts";
export { exitCodes, getPatiently, type PatienceOptions } from "./patience.ts";
export {
  ABSENT,
  fetchScript,
  startArchiveServer,
  writeClient,
  clientScript,
  type ArchiveServer,
  type ServeOptions,
} from "./server.ts";
