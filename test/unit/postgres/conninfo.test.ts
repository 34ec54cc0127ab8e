import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conninfoPairs, makeConninfo, mergeConninfo } from "../../../src/postgres/conninfo/conninfo.ts";
import { type Keyword, keywordNames } from "../../../src/postgres/conninfo/keywords.ts";
import { formatKeywordPairs } from "../../../src/postgres/conninfo/parse-keywords.ts";
import { parseConninfo } from "../../../src/postgres/index.ts";

const read = (text: string): Record<string, string> => Object.fromEntries(conninfoPairs(parseConninfo(text)));

describe("connection strings in URI form", () => {
  test.each([
    ["postgresql://", {}],
    ["postgres://localhost", { host: "localhost" }],
    ["postgresql://localhost:5433", { host: "localhost", port: "5433" }],
    ["postgresql://localhost/mydb", { host: "localhost", dbname: "mydb" }],
    ["postgresql://user@localhost", { user: "user", host: "localhost" }],
    ["postgresql://user:secret@localhost", { user: "user", password: "secret", host: "localhost" }],
    ["postgresql://:secret@localhost", { password: "secret", host: "localhost" }],
    ["postgresql://user:@localhost", { user: "user", host: "localhost" }],
    ["postgresql://u:p%40s%2Fs%3A%25@h/d%20b", { user: "u", password: "p@s/s:%", host: "h", dbname: "d b" }],
    ["postgresql://u:what?now@h/d", { user: "u", password: "what?now", host: "h", dbname: "d" }],
    ["postgresql://u:a:b@h", { user: "u", password: "a:b", host: "h" }],
    [
      "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
      { user: "other", host: "localhost", dbname: "otherdb", connect_timeout: "10", application_name: "myapp" },
    ],
    ["postgresql://host1:123,host2:456/somedb", { host: "host1,host2", port: "123,456", dbname: "somedb" }],
    ["postgresql://host1,host2:456/", { host: "host1,host2", port: ",456" }],
    ["postgresql://host1,host2", { host: "host1,host2" }],
    ["postgresql:///mydb?host=localhost&port=5433", { dbname: "mydb", host: "localhost", port: "5433" }],
    ["postgresql://[2001:db8::1234]/database", { host: "2001:db8::1234", dbname: "database" }],
    ["postgresql://[::1]:5433,h", { host: "::1,h", port: "5433," }],
    ["postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", { host: "/var/lib/postgresql", dbname: "dbname" }],
    ["postgresql:///?host=/tmp&options=-c%20geqo%3Doff", { host: "/tmp", options: "-c geqo=off" }],
    ["postgresql://:5433", { port: "5433" }],
    ["postgresql://h?ssl=true", { host: "h", sslmode: "require" }],
    ["postgresql://h/d?user=a@b", { host: "h", dbname: "d", user: "a@b" }],
  ])("%s", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each([
    ["postgresql://h/d?x", "has no ="],
    ["postgresql://h/d?user=a=b", "second ="],
    ["postgresql://h/d?nonsense=1", 'unknown connection keyword "nonsense"'],
    ["postgresql://h%zz/d", "hexadecimal"],
    ["postgresql://h%00/d", "%00"],
    ["postgresql://[::1/d", "IPv6"],
    ["postgresql://[::1]x/d", "IPv6"],
  ])("%s is refused", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe("connection strings in keyword form", () => {
  test.each([
    ["", {}],
    ["mydb", { dbname: "mydb" }],
    ["dbname=x host=/tmp", { dbname: "x", host: "/tmp" }],
    ["  dbname = 'a b'  password='it\\'s' ", { dbname: "a b", password: "it's" }],
    ["password='back\\\\slash'", { password: "back\\slash" }],
    ["password=a\\ b\\'c", { password: "a b'c" }],
    ["dbname= host=h", { dbname: "host=h" }],
    ["password='' user=u", { password: "", user: "u" }],
    ["user=a=b", { user: "a=b" }],
    ["host=a\nport=1\tuser=u", { host: "a", port: "1", user: "u" }],
    ["user=a user=b", { user: "b" }],
    ["host=a'b", { host: "a'b" }],
  ])("%j", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each([
    ["dbname=x host", 'missing "="'],
    ["host='unterminated", "has no end"],
    ["=x", 'missing "="'],
    ["hots=x", 'unknown connection keyword "hots"'],
  ])("%j is refused", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test("a mistyped keyword is answered with the nearest one", () => {
    expect(() => read("aplication_name=x")).toThrow(
      expect.objectContaining({ code: "CONNECTION_STRING", hint: 'did you mean "application_name"?' }),
    );
  });

  test("any values are read back from what is written", () => {
    const values = fc.dictionary(
      fc.constantFrom(...keywordNames),
      fc.string().filter((s) => !s.includes("\0")),
    );

    fc.assert(
      fc.property(values, (pairs) => {
        expect(read(`${formatKeywordPairs(Object.entries(pairs))} `)).toEqual({ ...pairs });
      }),
    );
  });
});

test("any user, password, host and database survive the URI form", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 });

  fc.assert(
    fc.property(text, text, text, (user, password, dbname) => {
      const uri = `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h/${encodeURIComponent(dbname)}`;
      expect(read(uri)).toEqual({ user, password, host: "h", dbname });
    }),
  );
});

test("no text makes the parser fail with anything but CONNECTION_STRING", () => {
  const prefix = fc.constantFrom("", "postgresql://", "host=", "postgresql://u:p@h?");

  fc.assert(
    fc.property(prefix, fc.string(), (start, rest) => {
      try {
        parseConninfo(start + rest);
      } catch (error) {
        expect(error).toMatchObject({ code: "CONNECTION_STRING" });
      }
    }),
  );
});

test("a password is never printed or serialised, also not after merging", () => {
  const merged = mergeConninfo(parseConninfo("user=u password=hush sslpassword=hush"), makeConninfo([["host", "h"]]));

  expect(merged.password).toBe("hush");
  expect(inspect(merged, { depth: null }) + JSON.stringify(merged)).not.toContain("hush");
});

test("a broken string with a password in it is not repeated in the message", () => {
  const broken = [
    "postgresql://u:hush%zz@h",
    "password='hush",
    "password=a hush",
    "postgresql://u@h?password=hush=1",
    "hush!=1",
  ];

  const messages = broken.map((text) => {
    try {
      return inspect(parseConninfo(text));
    } catch (error) {
      return inspect(error);
    }
  });

  expect(messages.join("\n")).not.toContain("hush");
});

test("the first of several sources wins", () => {
  const merged = mergeConninfo({ host: "a" }, { host: "b", port: "1" }, { port: "2", user: "u" });

  expect(Object.fromEntries(conninfoPairs(merged)) as Record<Keyword, string>).toEqual({
    host: "a",
    port: "1",
    user: "u",
  });
});
