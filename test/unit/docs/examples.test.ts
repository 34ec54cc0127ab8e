// What pages show of the examples is what is run.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${name}`, import.meta.url)), "utf8");

test.each([
  ["README.md", "examples/first-event.mjs"],
  ["README.md", "examples/typed-event.mts"],
  ["docs/tutorial/first-queue.md", "examples/typescript/orders.ts"],
  ["docs/tutorial/first-queue.md", "examples/typescript/shop.ts"],
  ["docs/howto/write-a-service.md", "examples/service/mailer.mjs"],
  ["docs/howto/write-a-service.md", "examples/service/mailer.ini"],
])("%s shows all of %s", (page, example) => {
  expect(read(page)).toContain(read(example));
});
