// How the archives of a backup are stored.
import { SkytoolsError } from "../../errors/index.ts";
import type { Coding } from "../codec/index.ts";

/**
 * tar: each is one object. plain: their files are objects of their own, as they are. chunks: they are cut into chunks, of which
 * only those are stored that are not there yet.
 */
export const backupFormats = ["tar", "plain", "chunks"] as const;
export type BackupFormat = (typeof backupFormats)[number];

/** @throws WRONG_USE when files would lie in the clear where everything else is encrypted */
export function requireFormat(format: BackupFormat, { key }: Coding): void {
  if (format !== "plain" || key == null) return;
  throw new SkytoolsError("WRONG_USE", "backups of the format plain are not encrypted, and an encryption key is set", {
    hint: "take them with the format tar, or, where the files may lie in the clear, without the key",
  });
}
