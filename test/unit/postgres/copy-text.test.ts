// Fields that are too long to be escaped at once.
import { expect, test } from "vitest";
import { copyField, parseCopyField } from "../../../src/postgres/index.ts";

const PIECE = 4 * 1024 * 1024;

/** Wherever the field is cut, it is cut somewhere in the middle text. */
function around(middle: string): string[] {
  return Array.from({ length: 12 }, (_, i) => `${"-".repeat(PIECE - 10 + i)}${middle}${"-".repeat(20)}`);
}

test.each(["\\\n", "\\", "a\\", "€\t𝄞", "\n"])("a long field with %j is written and read back", (unit) => {
  for (const value of around(unit.repeat(8))) expect(parseCopyField(copyField(value)) === value).toBe(true);
});

test.each([
  ["\\x41", "A"],
  ["\\101", "A"],
  ["\\\\\\x41", "\\A"],
])("the escape %j is one wherever it stands in a long field", (escape, char) => {
  const [escaped, values] = [around(escape), around(char)];

  expect(escaped.every((field, i) => parseCopyField(field) === values[i])).toBe(true);
});
