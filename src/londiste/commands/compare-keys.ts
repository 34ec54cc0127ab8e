// Keys and options that compare and repair share.
import { defineOption } from "../../service/index.ts";
import { memberKeys, nameFlags, timeoutFlag } from "./keys.ts";

const programs = ["londiste"];
const flagOnly = true;

export const compareKeys = {
  queueName: memberKeys.queueName,
  lockTimeout: memberKeys.lockTimeout,
  compareFmt: defineOption({
    name: "compare_fmt",
    type: "text",
    default: "%(cnt)d rows, checksum=%(chksum)s",
    programs,
    doc: "compare: how a side's result is printed",
  }),
  compareSql: defineOption({
    name: "compare_sql",
    type: "text",
    programs,
    ignored: "rows are compared by hashes of their values",
    doc: "compare: the query of older releases",
  }),
} as const;

export const compareFlags = {
  force: nameFlags.force,
  ...timeoutFlag,
  parallel: defineOption({
    name: "parallel",
    type: "int",
    default: 2,
    min: 1,
    max: 64,
    programs,
    flagOnly,
    doc: "compare and repair: sessions to each side that read at the same time",
  }),
  columns: defineOption({
    name: "columns",
    type: "list",
    default: [],
    programs,
    flagOnly,
    doc: "compare and repair: only these columns, and those of the key",
  }),
  key: defineOption({
    name: "key",
    type: "list",
    default: [],
    programs,
    flagOnly,
    placeholder: "COLUMNS",
    doc: "compare and repair: columns that name a row; default: the primary key, or a unique index that both sides have",
  }),
} as const;

export const compareArgument = {
  name: "table",
  doc: "name or pattern; default: all tables of the node",
  isOptional: true,
  isRest: true,
} as const;
