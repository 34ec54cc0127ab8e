// The file of `compare --resume`: what was compared before a stop. It is written beside, synced and renamed, so it is whole
// whenever the process is killed.
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { isAbsent, SkytoolsError } from "../../errors/index.ts";
import type { ComparePlace } from "../compare/index.ts";

export interface ComparedTable {
  /** As it was printed. */
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly isEqual: boolean;
  /** When it was finished. */
  readonly time: string;
}

interface Contents {
  readonly what: string;
  /** Queue and options: what is found under others is no answer to the same question. */
  readonly question: string;
  readonly tables: Readonly<Record<string, ComparedTable>>;
  readonly begun: { readonly table: string; readonly place: ComparePlace } | null;
}

const WHAT = "skytools londiste compare 1";

export class CompareFile {
  readonly #path: string;
  #contents: Contents;

  private constructor(path: string, contents: Contents) {
    this.#path = path;
    this.#contents = contents;
  }

  /** @throws WRONG_USE when the file is of something else, or cannot be read or written */
  static async open(path: string, question: string): Promise<CompareFile> {
    const text = await readIfThere(path);
    const file = new CompareFile(
      path,
      text === null ? { what: WHAT, question, tables: {}, begun: null } : parse(path, text),
    );
    if (file.#contents.question !== question) {
      throw new SkytoolsError("WRONG_USE", `${path} is of a comparison of another queue, or with other options`, {
        hint: `give the same options, or begin anew: rm ${path}`,
      });
    }
    await file.#write();
    return file;
  }

  compared(table: string): ComparedTable | null {
    return this.#contents.tables[table] ?? null;
  }

  begun(table: string): ComparePlace | null {
    const { begun } = this.#contents;
    return begun?.table === table ? begun.place : null;
  }

  async savePlace(table: string, place: ComparePlace): Promise<void> {
    this.#contents = { ...this.#contents, begun: { table, place } };
    await this.#write();
  }

  async saveTable(table: string, found: ComparedTable): Promise<void> {
    const { tables } = this.#contents;
    this.#contents = { ...this.#contents, tables: { ...tables, [table]: found }, begun: null };
    await this.#write();
  }

  /** Everything is compared: the next one begins anew. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    const temporary = `${this.#path}.new`;
    try {
      const file = await open(temporary, "w", 0o600);
      try {
        await file.writeFile(`${JSON.stringify(this.#contents)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
      const folder = await open(dirname(this.#path));
      await folder.sync().finally(() => folder.close());
    } catch (cause) {
      throw new SkytoolsError("WRONG_USE", `cannot write the file ${this.#path}`, { cause });
    }
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isAbsent(cause)) return null;
    throw new SkytoolsError("WRONG_USE", `cannot read the file ${path}`, { cause });
  }
}

/** @throws WRONG_USE */
function parse(path: string, text: string): Contents {
  try {
    const contents = JSON.parse(text) as Contents;
    if (contents.what === WHAT) return contents;
  } catch {
    // says the same
  }
  throw new SkytoolsError("WRONG_USE", `${path} is not a file of compare --resume`, { hint: "name another one" });
}
