import { expect, test } from "vitest";
import { globPattern } from "../../../src/londiste/tables/glob.ts";

test.each([
  ["my-schema.*", "my-schema.orders"],
  ["shop/old.t?", "shop/old.t1"],
  ["*.größe", "public.größe"],
  ["a.b[c]{1}^$|+(d)\\*", "a.b[c]{1}^$|+(d)\\e"],
])("%s matches %s", (glob, name) => {
  expect(globPattern(glob).test(name)).toBe(true);
});

test.each([
  ["public.t?", "public.t10"],
  ["public.a.b", "public.axb"],
  ["public.*", "xpublic.t"],
])("%s does not match %s", (glob, name) => {
  expect(globPattern(glob).test(name)).toBe(false);
});
