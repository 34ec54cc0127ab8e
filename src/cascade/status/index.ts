// Looking at all nodes of a set.
export { lagOf, lagText } from "./lag.ts";
export {
  type MemberStatus,
  type NodeAnswer,
  readNode,
  readStatus,
  type SetStatus,
  type StatusOptions,
} from "./read-status.ts";
export { memberJson, statusJson } from "./status-json.ts";
export { detailsOf, statusText, titleOf } from "./status-text.ts";
export { holderText, type WatermarkHolder, watermarkHolder } from "./watermark-holder.ts";
