import fc from "fast-check";
import { expect, test } from "vitest";
import { findPassword } from "../../../src/postgres/conninfo/passfile.ts";

const question = { host: "db.example", port: "5432", database: "shop", user: "ann" };

test.each([
  ["an exact line", "db.example:5432:shop:ann:pw", "pw"],
  ["wild cards", "*:*:*:*:pw", "pw"],
  ["the first line that fits", "db.example:5432:shop:bob:no\n*:*:shop:*:yes\n*:*:*:*:late", "yes"],
  ["a comment", "#*:*:*:*:no\n*:*:*:*:yes", "yes"],
  ["an escaped colon and backslash", "*:*:*:*:a\\:b\\\\c", "a:b\\c"],
  ["a colon that is not escaped in the password", "*:*:*:*:a:b", "a:b"],
  ["windows line ends", "*:*:*:*:pw\r\n", "pw"],
  ["a line with too few fields", "*:*:*:pw", null],
  ["an escaped star, which is no wild card", "\\*:*:*:*:pw", null],
  ["an empty password", "*:*:*:*:\n*:*:*:*:next", "next"],
  ["nothing", "", null],
  ["another port", "db.example:5433:shop:ann:pw", null],
])("%s", (_, text, expected) => {
  expect(findPassword(text, question)).toBe(expected);
});

test("any password and names are found again when they are escaped", () => {
  const field = fc.string({ minLength: 1 }).filter((s) => !/[\r\n\0]/.test(s) && s !== "*");
  const escaped = (s: string): string => s.replaceAll(/[\\:]/g, "\\$&");

  fc.assert(
    fc.property(field, field, field, (database, user, password) => {
      const line = ["h", "1", database, user, password].map(escaped).join(":");
      expect(findPassword(line, { host: "h", port: "1", database, user })).toBe(password);
    }),
    { examples: [["a", "b", ":\\:"]] },
  );
});
