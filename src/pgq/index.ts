export { renderSchema, schemaFiles } from "./install/schema-source.ts";
