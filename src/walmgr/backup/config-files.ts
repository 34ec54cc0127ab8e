// Configuration files that live outside of the data directory: kept beside the backup, in one small archive.
import { bytesOf } from "../codec/index.ts";
import { makeTar } from "../formats/index.ts";
import type { BackupObject } from "./description.ts";
import type { ObjectPlan } from "./write-object.ts";

/** Null when there are none. */
export async function storeConfigFiles(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  write: (plan: Pick<ObjectPlan, "name" | "kind">, source: AsyncIterable<Uint8Array>) => Promise<BackupObject>,
): Promise<BackupObject | null> {
  if (files.length === 0) return null;
  return await write({ name: "conf.tar", kind: "conf" }, bytesOf(makeTar(files)));
}
