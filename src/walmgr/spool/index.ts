export { Spool, type SpoolState } from "./spool.ts";
export { type FoundGap, Shipper, type ShipperOptions } from "./shipper.ts";
