// The main keys, from where the configuration says that they are: a file, or what a command prints. Read once in a process.
import { readFile } from "node:fs/promises";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { type MainKey, parseMainKeys } from "../codec/index.ts";
import { secretOfShellCommand } from "./shell.ts";

export interface KeyPlace {
  readonly encryptionKeyFile: string | null;
  readonly encryptionKeyCommand: string | null;
}

/** None where neither is set. @throws ENCRYPTION_KEY, CONFIG_FILE, ABORTED */
export async function readMainKeys(
  { encryptionKeyFile: file, encryptionKeyCommand: command }: KeyPlace,
  signal: AbortSignal,
): Promise<readonly MainKey[]> {
  if (file !== null && command !== null) {
    throw new SkytoolsError("CONFIG_FILE", "encryption_key_file and encryption_key_command are both set", {
      hint: "keep the one that has the key in use",
    });
  }
  if (file !== null) return keysIn(await readKeyFile(file), `the key file ${file}`);
  if (command === null) return [];
  const text = await secretOfShellCommand(command, "encryption_key_command", { code: "ENCRYPTION_KEY", signal });
  return keysIn(text, "what encryption_key_command prints");
}

/** The text itself is in no error. */
function keysIn(text: string, where: string): readonly MainKey[] {
  try {
    return parseMainKeys(text);
  } catch (error) {
    if (!(error instanceof SkytoolsError)) throw error;
    const { hint } = error;
    throw new SkytoolsError(error.code, `${where}: ${error.message}`, hint === undefined ? {} : { hint });
  }
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new SkytoolsError("ENCRYPTION_KEY", `the key file ${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
