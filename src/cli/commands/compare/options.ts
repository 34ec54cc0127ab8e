// Options that `skytools compare` and `skytools repair` share.
import { defineOption } from "../../../service/index.ts";

const programs = ["compare", "repair"];

export const compareOptions = [
  defineOption({
    name: "source",
    type: "text",
    secret: true,
    placeholder: "CONNSTR",
    programs,
    doc: "the database that says what the rows should be; --db is held against it",
  }),
  defineOption({
    name: "columns",
    type: "text",
    placeholder: "COLUMNS",
    programs,
    doc: "only these columns, and those of the key; names with commas between them",
  }),
  defineOption({
    name: "key",
    type: "text",
    placeholder: "COLUMNS",
    programs,
    doc: "columns that name a row; default: the primary key, or a unique index that both sides have",
  }),
  defineOption({
    name: "where",
    type: "text",
    placeholder: "CONDITION",
    programs,
    doc: "only rows that meet this SQL condition, on either side",
  }),
  defineOption({
    name: "parallel",
    type: "int",
    default: 2,
    min: 1,
    max: 64,
    programs,
    doc: "sessions to each side that read at the same time",
  }),
] as const;

export const compareArgs = [
  {
    name: "table",
    doc: "name or pattern; default: all tables of the source, but not those of SkyTools itself",
    isOptional: true,
    isVariadic: true,
  },
] as const;
