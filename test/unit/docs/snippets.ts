// The TypeScript and JavaScript in our pages, and what the compiler says of it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { snippetWorld } from "./snippet-world.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Nothing is written there: the compiler gets these files from memory. */
const folder = join(root, "test", "unit", "docs", "in-memory");

export interface Snippet {
  /** PAGE:LINE of its first line. */
  readonly place: string;
  readonly text: string;
}

/** All blocks that are marked as js or ts, with those of one page in their order. */
export function snippetsOf(page: string): readonly Snippet[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(({ index, 1: code = "" }) => ({
    place: `${page}:${text.slice(0, index).split("\n").length + 1}`,
    text: code,
  }));
}

/** README and everything below docs that is not generated. */
export function pagesWithCode(): readonly string[] {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  return ["README.md", ...docs.filter((name) => name.endsWith(".md")).map((name) => join("docs", name))]
    .filter((page) => !page.includes("reference"))
    .filter((page) => snippetsOf(page).length > 0);
}

/** As strict as a careful reader's project. One call for all: most of the time goes into reading types. */
export function compileErrors(snippets: readonly Snippet[]): ReadonlyMap<string, readonly string[]> {
  const files = new Map(snippets.map((snippet, i) => [join(folder, fileName(snippet, i)), snippet]));
  const world = join(folder, "world.ts");
  const program = ts.createProgram([...files.keys(), world], OPTIONS, hostWith(files, world));
  const errors = [...files].map(([path, { place }]): [string, string[]] => {
    const source = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return [place, found.map((each) => describe(each))];
  });
  const ofWorld = program.getSemanticDiagnostics(program.getSourceFile(world)).map(describe);
  return new Map([...errors, ["world", ofWorld]]);
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: ["node"],
  paths: {
    "skytools/londiste": [join(root, "src/londiste/public.ts")],
    "skytools/pgq": [join(root, "src/pgq/public.ts")],
    "skytools/service": [join(root, "src/programs/public.ts")],
    "skytools/walmgr": [join(root, "src/walmgr/public.ts")],
    "skytools/testing": [join(root, "src/testing/index.ts")],
  },
};

/** The tutorial's first block is imported by its second one. */
function fileName({ text }: Snippet, i: number): string {
  return text.startsWith("// The queue, in a module") ? "orders.ts" : `snippet-${i}.ts`;
}

function hostWith(files: ReadonlyMap<string, Snippet>, world: string): ts.CompilerHost {
  const host = ts.createCompilerHost(OPTIONS);
  const textOf = (path: string): string | undefined => (path === world ? snippetWorld : files.get(path)?.text);
  return {
    ...host,
    directoryExists: (path) => path === folder || host.directoryExists?.(path) === true,
    fileExists: (path) => textOf(path) !== undefined || host.fileExists(path),
    readFile: (path) => textOf(path) ?? host.readFile(path),
    getSourceFile(path, version, ...others) {
      const text = textOf(path);
      return text === undefined
        ? host.getSourceFile(path, version, ...others)
        : ts.createSourceFile(path, text, version, true);
    },
  };
}

function describe({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
  return `line ${line}: ${ts.flattenDiagnosticMessageText(messageText, "; ")}`;
}
