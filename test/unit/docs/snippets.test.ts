// The code in our pages compiles. What README and the tutorial show is also run: test/integration/examples.test.ts.
import { beforeAll, expect, test } from "vitest";
import { compileErrors, pagesWithCode, snippetsOf } from "./snippets.ts";

const snippets = pagesWithCode().flatMap(snippetsOf);
let errors: ReadonlyMap<string, readonly string[]>;
beforeAll(() => {
  errors = compileErrors(snippets);
}, 180_000);

test("there is code in the pages", () => {
  expect(snippets.length).toBeGreaterThan(20);
  expect(errors.get("world")).toEqual([]);
});

test.each(snippets.map(({ place }) => place))("the code at %s compiles", (place) => {
  expect(errors.get(place)).toEqual([]);
});
