// Which databases are taken up and let go.
import { expect, test } from "vitest";
import { compareLists } from "../../../src/ticker/discovery.ts";

test.each([
  { known: [], wanted: ["a", "b"], added: ["a", "b"], removed: [] },
  { known: ["a", "b"], wanted: ["b", "c"], added: ["c"], removed: ["a"] },
  { known: ["a"], wanted: ["a"], added: [], removed: [] },
  { known: ["a"], wanted: [], added: [], removed: ["a"] },
  { known: [], wanted: ["a", "a"], added: ["a"], removed: [] },
])("known $known, wanted $wanted: added $added, removed $removed", ({ known, wanted, added, removed }) => {
  expect(compareLists(known, wanted)).toEqual({ added, removed });
});
