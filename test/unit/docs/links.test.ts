// Relative links of our pages point to files that exist.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** Targets of `[text](target)` outside of code blocks, without those that lead to other hosts. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

test.each(pages)("the links of %s lead to existing files", (page) => {
  const broken = linksOf(page).filter((target) => {
    const path = target.replace(/#.*$/, "");
    return path !== "" && !existsSync(join(root, dirname(page), path));
  });

  expect(broken, `seen from ${relative(root, page)}`).toEqual([]);
});
