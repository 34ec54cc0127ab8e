// The reference page of a library, from its declarations and their doc comments.
import ts from "typescript";
import { asParagraphs, docCommentOf, inOneLine } from "./doc-comment.ts";
import { type PublicExport, type PublicSection, publicSections } from "./public-exports.ts";

export interface LibraryText {
  /** As it is imported. */
  readonly name: string;
  /** Lines in front of the contents. */
  readonly intro: readonly string[];
}

export const pgqText: LibraryText = {
  name: "skytools/pgq",
  intro: [
    "Everything that `skytools/pgq` exports. Durations are milliseconds, ids are `bigint`, times from the server are its",
    "text. A `?` marks what may be left out. The codes of errors stand in [errors](errors.md); how to use all this, in",
    "[produce events](../howto/produce-events.md), [consume events](../howto/consume-events.md) and their neighbours.",
  ],
};

export const walmgrText: LibraryText = {
  name: "skytools/walmgr",
  intro: [
    "Everything that `skytools/walmgr` exports. Durations are milliseconds, positions in the WAL are `bigint`. A `?` marks",
    "what may be left out. The codes of errors stand in [errors](errors.md); how to use all this, in",
    "[backups in a program of your own](../howto/embed-backups.md).",
  ],
};

/** @param entry - path of the file that exports the library */
export function libraryPage(entry: string, { name, intro }: LibraryText): string {
  const sections = publicSections(entry);
  return [
    `# Library ${name}`,
    "",
    ...intro,
    "",
    ...sections.map(contents),
    "",
    ...sections.flatMap(({ title, exports }) => [
      `## ${headline(title)}`,
      "",
      ...inOrder(exports).flatMap(exportSection),
    ]),
  ].join("\n");
}

function contents({ title, exports }: PublicSection): string {
  const links = inOrder(exports).map(({ name }) => `[${name}](#${name.toLowerCase()})`);
  return `- [${headline(title)}](#${title.replaceAll(" ", "-").toLowerCase()}): ${links.join(", ")}`;
}

function headline(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** What can be called first, then the types. */
function inOrder(exports: readonly PublicExport[]): readonly PublicExport[] {
  const isType = ({ declarations: [first] }: PublicExport): boolean =>
    first !== undefined && (ts.isInterfaceDeclaration(first) || ts.isTypeAliasDeclaration(first));
  return [...exports.filter((each) => !isType(each)), ...exports.filter(isType)];
}

function exportSection({ name, declarations }: PublicExport): string[] {
  const [first] = declarations;
  if (first === undefined) throw new Error(`nothing declares ${name}`);
  const docs = declarations.flatMap((declaration) => asParagraphs(docCommentOf(docNodeOf(declaration))));
  return [
    `### ${name}`,
    "",
    "```ts",
    ...declarations.map(codeOf),
    "```",
    "",
    ...docs.flatMap((text) => [text, ""]),
    ...memberTable(first),
  ];
}

function docNodeOf(declaration: ts.Declaration): ts.Node {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

/** The declaration without what stands in the table or is nobody's business. */
function codeOf(declaration: ts.Declaration): string {
  const { text } = declaration.getSourceFile();
  const start = declaration.getStart();
  const upTo = (end: number): string =>
    text
      .slice(start, end)
      .trimEnd()
      .replace(/^export (async )?/, "");
  if (ts.isFunctionDeclaration(declaration)) return upTo(declaration.body?.pos ?? declaration.end);
  if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
    return upTo(text.lastIndexOf("{", declaration.members.pos));
  }
  if (ts.isVariableDeclaration(declaration)) return `const ${declaration.getText()}`;
  return upTo(declaration.end);
}

function memberTable(declaration: ts.Declaration): string[] {
  if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) return [];
  const rows = [...declaration.members].filter(isPublic).map(memberRow);
  if (rows.length === 0) return [];
  return ["| member | type | meaning |", "| --- | --- | --- |", ...rows, ""];
}

function isPublic(member: ts.ClassElement | ts.TypeElement): boolean {
  if (ts.isConstructorDeclaration(member) || member.name === undefined) return false;
  return !ts.isPrivateIdentifier(member.name) && !/^(static |override )/.test(member.getText());
}

function memberRow(member: ts.ClassElement | ts.TypeElement): string {
  const name = member.name?.getText() ?? "";
  const isOptional = "questionToken" in member && member.questionToken !== undefined;
  return `| \`${name}${isOptional ? "?" : ""}\` | ${code(typeOf(member))} | ${cell(inOneLine(docCommentOf(member)))} |`;
}

/** A method is shown as it is called. */
function typeOf(member: ts.ClassElement | ts.TypeElement): string {
  if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member)) {
    const generics = member.typeParameters === undefined ? "" : `<${member.typeParameters.map(flat).join(", ")}>`;
    const result = member.type === undefined ? "" : `: ${flat(member.type)}`;
    return `${generics}(${member.parameters.map(flat).join(", ")})${result}`;
  }
  const type = "type" in member ? (member.type as ts.TypeNode | undefined) : undefined;
  return type === undefined ? "" : flat(type);
}

function flat(node: ts.Node): string {
  return node
    .getText()
    .replaceAll(/\/\*\*.*?\*\//gs, "")
    .replaceAll(/\breadonly (?=\w+\??:)/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

function code(text: string): string {
  return text === "" ? "" : `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
