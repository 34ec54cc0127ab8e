// Every SQL file is read by the grammar of PostgreSQL 18, PL/pgSQL bodies too; and our own reader of these files (for the
// doctor's manifest) finds what that grammar finds.
import { loadModule, parsePlPgSQLSync, parseSync } from "libpg-query";
import { beforeAll, expect, test } from "vitest";
import { installableSchemas, installScript, readManifest, schemaFiles, uninstallScript } from "../../src/pgq/index.ts";
import { splitStatements } from "../../src/pgq/install/manifest/scan-sql.ts";

interface FunctionNode {
  funcname: { String: { sval: string } }[];
  parameters?: { FunctionParameter: { mode: string } }[];
  options: { DefElem: { defname: string; arg?: { String?: { sval: string }; Boolean?: { boolval?: boolean } } } }[];
}

interface Statements {
  stmts: { stmt: { CreateFunctionStmt?: FunctionNode; CreateStmt?: { relation: { relname: string } } } }[];
}

beforeAll(() => loadModule());

const parse = (sql: string): Statements => parseSync(sql) as unknown as Statements;
const files = installableSchemas().flatMap(({ name }) =>
  schemaFiles(name).map((file) => [`${name}/${file.path}`, file.text] as const),
);
const scripts = installableSchemas().flatMap(({ name }) => [
  [`install ${name}`, installScript(name)] as const,
  [`uninstall ${name}`, uninstallScript(name, true)] as const,
]);

test.each([...files, ...scripts])("%s is SQL of PostgreSQL 18", (_, text) => {
  expect(() => parse(text)).not.toThrow();
});

// A database in another encoding than UTF-8 refuses characters that it does not have, in comments too.
test.each(scripts)("%s is ASCII", (_, text) => {
  expect(text.match(/.{0,20}[^\x00-\x7f].{0,20}/)).toBeNull();
});

const plpgsql = scripts.flatMap(([name, text]) =>
  splitStatements(text)
    .map((statement) => statement.text)
    .filter((statement) => /\blanguage plpgsql\b/.test(statement) || /^do\b/.test(statement))
    .map((statement) => [name, statement.slice(0, 70).replaceAll(/\s+/g, " "), statement] as const),
);

test.each(plpgsql)("%s: %s… has a body of PL/pgSQL", (_, __, statement) => {
  expect(() => parsePlPgSQLSync(statement)).not.toThrow();
});

test.each(installableSchemas().map(({ name }) => name))(
  "the manifest of %s holds every function of its script",
  (name) => {
    const nodes = parse(installScript(name)).stmts.flatMap(({ stmt }) => stmt.CreateFunctionStmt ?? []);
    const option = (node: FunctionNode, key: string) =>
      node.options.find(({ DefElem }) => DefElem.defname === key)?.DefElem.arg;

    const expected = nodes.map((node) => ({
      name: node.funcname.map(({ String }) => String.sval).join("."),
      inputs: (node.parameters ?? []).filter(
        ({ FunctionParameter: { mode } }) => mode !== "FUNC_PARAM_OUT" && mode !== "FUNC_PARAM_TABLE",
      ).length,
      language: option(node, "language")?.String?.sval,
      volatility: option(node, "volatility")?.String?.sval ?? "volatile",
      isSecurityDefiner: option(node, "security")?.Boolean?.boolval ?? false,
      isStrict: option(node, "strict")?.Boolean?.boolval ?? false,
      settings: node.options.filter(({ DefElem }) => DefElem.defname === "set").length,
    }));

    expect(
      readManifest(name).functions.map((found) => ({
        name: found.name,
        inputs: found.signature.endsWith("()") ? 0 : found.signature.split(",").length,
        language: found.language,
        volatility: found.volatility,
        isSecurityDefiner: found.isSecurityDefiner,
        isStrict: found.isStrict,
        settings: found.settings.length,
      })),
    ).toEqual(expected);
  },
);
