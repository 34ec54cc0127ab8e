import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Config } from "../../../src/service/config/config.ts";
import { interpolate } from "../../../src/service/config/interpolate.ts";
import { parsePgqdIni } from "../../../src/service/config/parse-pgqd.ts";
import { parsePythonIni } from "../../../src/service/config/parse-python.ts";

interface Case {
  readonly format: "1" | "2";
  readonly text: string;
  readonly error?: string;
  readonly sections?: Readonly<Record<string, Readonly<Record<string, string | { readonly error: string }>>>>;
}

// Made by running Python's configparser, which the old programs used.
const { cases } = JSON.parse(readFileSync(new URL("data/ini-python.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Case[];
};

function readAll({ text, format }: Case): unknown {
  const document = parsePythonIni(text, "x.ini");
  const overrides = new Map([["config_format", format]]);
  const sections = [...document.sections.keys()].map((name) => {
    const config = new Config(document, name, { overrides });
    const keys = [...new Set([...document.sections.get(name)!.keys(), ...document.defaults.keys()])];
    return [name, Object.fromEntries(keys.map((key) => [key, valueOf(config, key)]))];
  });
  return Object.fromEntries(sections);
}

function valueOf(config: Config, key: string): unknown {
  try {
    return config.get(key);
  } catch {
    return "error";
  }
}

function expected({ sections = {} }: Case): unknown {
  return JSON.parse(JSON.stringify(sections, (_, value: unknown) => (isError(value) ? "error" : value)));
}

function isError(value: unknown): boolean {
  return typeof value === "object" && value !== null && "error" in value && Object.keys(value).length === 1;
}

test("files that Python's configparser refuses are refused", () => {
  const accepted = cases.filter((c) => c.error !== undefined && !throws(() => parsePythonIni(c.text, "x.ini")));

  expect(accepted).toEqual([]);
});

test("files that Python's configparser reads give the same values", () => {
  const good = cases.filter((c) => c.error === undefined);

  expect(good.length).toBeGreaterThan(100);
  expect(good.map((c) => ({ text: c.text, values: readAll(c) }))).toEqual(
    good.map((c) => ({ text: c.text, values: expected(c) })),
  );
});

function throws(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}

test.each([
  ["[a]\nk=1\n\nk=2", /^x\.ini:4: key "k" stands twice in \[a\]$/],
  ["[a]\n[b]\n[a]", /^x\.ini:3: section \[a\] stands twice$/],
  ["k=1", /^x\.ini:1: a key before any section$/],
  ["[a]\n\nword", /^x\.ini:3: neither/],
  ["[a]\n=1", /^x\.ini:2: neither/],
])("what is wrong in the file %j is said with its line", (text, message) => {
  expect(() => parsePythonIni(text, "x.ini")).toThrow(message);
});

test.each([
  ["k = 5%", /^x\.ini:2: key "k" has a lone "%"$/],
  ["k = %(j)s", /^x\.ini:2: key "k" refers to %\(j\)s, which is not there$/],
  ["k = %(k)s", /^x\.ini:2: key "k" refers to itself/],
])("the value %j is refused with its line", (line, message) => {
  const config = new Config(parsePythonIni(`[a]\n${line}`, "x.ini"), "a");

  expect(() => config.get("k")).toThrow(message);
});

test("an unknown config_format is refused", () => {
  const config = new Config(parsePythonIni("[a]\nconfig_format = 3\nk = 1", "x.ini"), "a");

  expect(() => config.get("k")).toThrow('x.ini:2: unsupported config_format "3"');
});

test("--set wins over the section, that over [DEFAULT], that over what is predefined", () => {
  const text = "[DEFAULT]\na=default\nb=default\nc=default\n[p]\na=section\nb=section";
  const config = new Config(parsePythonIni(text, "x.ini"), "p", {
    overrides: new Map([["a", "set"]]),
    predefined: new Map(["a", "b", "c", "d"].map((key) => [key, "predefined"])),
  });

  expect(["a", "b", "c", "d", "e"].map((key) => config.maybe(key))).toEqual([
    "set",
    "section",
    "default",
    "predefined",
    undefined,
  ]);
  expect(config.ownKeys()).toEqual(["a", "b"]);
});

test("another section of the file does not see --set", () => {
  const config = new Config(parsePythonIni("[p]\na=1\n[q]\na=2", "x.ini"), "p", { overrides: new Map([["a", "set"]]) });

  expect(config.clone("q").get("a")).toBe("2");
});

test("a missing section is an error that names those that are there", () => {
  expect(() => new Config(parsePythonIni("[p]\n[q]", "x.ini"), "r")).toThrow(
    expect.objectContaining({ code: "CONFIG_FILE", hint: "it has [p], [q]" }),
  );
});

test("a key that others refer to is known as such", () => {
  const config = new Config(parsePythonIni("[p]\nhost = h\ndb = host=%(host)s\nother = 1", "x.ini"), "p");

  expect(config.get("db")).toBe("host=h");
  expect([config.isReferredTo("host"), config.isReferredTo("other")]).toEqual([true, false]);
});

const anyText = fc.string({
  unit: fc.constantFrom(...Array.from("[]ak=:%()s$'{}#; \t\n\r"), "ö", "😀", "\0"),
  maxLength: 40,
});

test("no text makes the readers fail otherwise than with a message about file and line", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const read of [parsePythonIni, pgqd]) {
        try {
          read(text, "x.ini");
        } catch (error) {
          expect(error).toMatchObject({
            code: "CONFIG_FILE",
            message: expect.stringMatching(/^x\.ini:\d+: /) as string,
          });
        }
      }
    }),
  );
});

test("a value written with doubled signs is read as it was in both formats", () => {
  const lookup = () => undefined;
  fc.assert(
    fc.property(fc.string(), (text) => {
      const first = interpolate(text.replaceAll("%", "%%"), { format: "1", lookup, origin: "x" });
      const second = interpolate(text.replaceAll("$", "$$$$"), { format: "2", lookup, origin: "x" });

      expect([first, second]).toEqual([text, text]);
    }),
  );
});

function pgqd(text: string, path: string): ReturnType<typeof parsePgqdIni> {
  return parsePgqdIni(text, path, (name) => {
    const found = files[name];
    if (found === undefined) throw new Error("no such file");
    return found;
  });
}

const files: Readonly<Record<string, string>> = {
  "keys.ini": "x = included",
  "section.ini": "[pgqd]\nx = 2",
  "loop.ini": "%include loop.ini",
  "bad.ini": "\noops",
};

function pgqdValues(text: string): unknown {
  const section = pgqd(text, "x.ini").sections.get("pgqd");
  return Object.fromEntries([...(section ?? [])].map(([key, { value }]) => [key, value]));
}

test.each([
  ["[pgqd]\nx = 1", { x: "1" }],
  [" [pgqd] \r\n  x=1  \r\n; c\n# d\n\n", { x: "1" }],
  ["[pgqd]\nx = 1 # 2 ; 3", { x: "1 # 2 ; 3" }],
  ["[pgqd]\nx = 1\nX = 2", { x: "1", X: "2" }],
  ["[pgqd]\nx = 1\nx = 2", { x: "2" }],
  ["[pgqd]\nx = 1\n[pgqd]\ny = 2", { x: "1", y: "2" }],
  ["[pgqd]x = 1", { x: "1" }],
  ["[pgqd]\nx = %(y)s %%", { x: "%(y)s %%" }],
  ["[pgqd]\nx = 'quoted'\n'a b' = 1\na.b-c_*=2", { x: "'quoted'", "a b": "1", "a.b-c_*": "2" }],
  ["[pgqd]\nx =", { x: "" }],
  ["[pgqd]\n%include keys.ini", { x: "included" }],
  ["  %include   section.ini  ", { x: "2" }],
])("pgqd's dialect: %j", (text, values) => {
  expect(pgqdValues(text)).toEqual(values);
});

test.each([
  ["[pgqd]\nx", "x.ini:2: syntax error"],
  ["[pgqd]\nx : 1", "x.ini:2: syntax error"],
  ["[pgqd] y\nx = 1", "x.ini:1: syntax error"],
  ["[pgqd]\n%inc keys.ini", "x.ini:2: syntax error"],
  ["x = 1", "x.ini:1: a key before any section"],
  ["\n%include gone.ini", 'x.ini:2: cannot read "gone.ini": no such file'],
  ["[pgqd]\n%include bad.ini", "bad.ini:2: syntax error"],
  ["[pgqd]\n%include loop.ini", "loop.ini:1: %include goes deeper than 10 files"],
])("pgqd's dialect refuses %j", (text, message) => {
  expect(() => pgqd(text, "x.ini")).toThrow(message);
});
