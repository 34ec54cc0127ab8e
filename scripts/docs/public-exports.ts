// What an entry file exports, in its order and under its headings, as the compiler sees it.
import ts from "typescript";

export interface PublicExport {
  readonly name: string;
  /** Overloads have several. */
  readonly declarations: readonly ts.Declaration[];
}

export interface PublicSection {
  readonly title: string;
  readonly exports: readonly PublicExport[];
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  types: [],
};

/** A heading is a line of comment before an export. @throws Error for an export before the first heading */
export function publicSections(entry: string): readonly PublicSection[] {
  const program = ts.createProgram([entry], OPTIONS);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  if (source === undefined) throw new Error(`there is no ${entry}`);
  const sections: { title: string; exports: PublicExport[] }[] = [];
  for (const statement of source.statements.filter(ts.isExportDeclaration)) {
    const title = headingOf(source, statement);
    if (title !== null) sections.push({ title, exports: [] });
    const section = sections.at(-1);
    if (section === undefined) throw new Error(`${entry} exports something before its first heading`);
    section.exports.push(...exportsOf(checker, statement));
  }
  return sections;
}

function headingOf(source: ts.SourceFile, statement: ts.ExportDeclaration): string | null {
  const comment = (ts.getLeadingCommentRanges(source.text, statement.pos) ?? []).at(-1);
  return comment === undefined ? null : source.text.slice(comment.pos, comment.end).replace(/^\/\/\s*/, "");
}

function exportsOf(checker: ts.TypeChecker, { exportClause, moduleSpecifier }: ts.ExportDeclaration): PublicExport[] {
  const symbols =
    exportClause !== undefined && ts.isNamedExports(exportClause)
      ? exportClause.elements.map((element) => checker.getSymbolAtLocation(element.name))
      : checker.getExportsOfModule(known(moduleSpecifier && checker.getSymbolAtLocation(moduleSpecifier)));
  return symbols.map(known).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    return { name: symbol.name, declarations: target.declarations ?? [] };
  });
}

function known(symbol: ts.Symbol | undefined): ts.Symbol {
  if (symbol === undefined) throw new Error("the compiler does not know what is exported; do the types hold?");
  return symbol;
}
