// The reference of the library names all that it exports, and says what doc comments say.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { libraryPage, pgqText } from "../../../scripts/docs/library-page.ts";

const entry = fileURLToPath(new URL("../../../src/pgq/public.ts", import.meta.url));
let page = "";
beforeAll(() => {
  page = libraryPage(entry, pgqText);
}, 120_000);

/** The names between the braces of the entry file. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = ""]) =>
    list
      .split(",")
      .map((name) => name.replace(/^\s*(type )?/, "").trim())
      .filter((name) => name !== ""),
  );
}

test("every export of the library has a heading in its reference", () => {
  const names = [...namesIn(readFileSync(entry, "utf8")), "inDatabase", "serial", "FileOptions"];

  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !page.includes(`\n### ${name}\n`))).toEqual([]);
});

test("a function is shown with its signature, its result and its errors", () => {
  expect(page).toContain("```ts\nfunction send<Q extends QueueOrName>(");
  expect(page).toContain("Returns its id; with a key that was used before, the id of the first event.");
  expect(page).toMatch(/Throws `PAYLOAD_INVALID`, `EVENT_TYPE_UNKNOWN`, `WRONG_USE` before anything is sent/);
});

test("options are shown with what may be left out, and what it is then", () => {
  expect(page).toContain(
    "| `fetchSize?` | `number` | Events fetched at once, at most twice as many are in memory. Default 1000. |",
  );
});

test("a class is shown without what is private", () => {
  expect(page).toContain("| `stop` | `(): Promise<void>` |");
  expect(page).not.toMatch(/\| `(#|constructor)/);
});
