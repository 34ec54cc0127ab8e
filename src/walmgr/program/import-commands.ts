// import: what other programs have stored comes into the repositories; it stays where it was, too.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expandHome } from "../../service/index.ts";
import { classicFolders } from "../classic/index.ts";
import { importable, type Imported, importParts, partsOfWalmgr } from "../import/index.ts";
import { parseCompression } from "./backup-wishes.ts";
import { walmgrCommand } from "./command.ts";
import { makeDirectories } from "./environment.ts";

export const importCommands = [
  walmgrCommand({
    name: "import",
    summary: "take over backups and WAL of the old walmgr, pg_basebackup and pg_receivewal",
    args: [
      { name: "directory", doc: "one of these; default: what the old walmgr has in walmgr_data", isOptional: true },
      { name: "wal", doc: "the WAL that belongs to it", isOptional: true },
    ],
    examples: [
      { line: "conf.ini import /srv/base /srv/wal", doc: "of pg_basebackup and pg_receivewal" },
      { line: "conf.ini import", doc: "logs.complete, logs.partial and data.master* in walmgr_data" },
    ],
    async run({ args, environment, options, service, out, signal }) {
      const { repositories, coding } = environment;
      const home = resolve(expandHome(options.walmgrData));
      const old = classicFolders(home, options);
      const [directory = home, wal] = args;
      const paths = [...(wal === undefined ? [] : [wal]), directory].map((path) => resolve(path));
      const isOld = args.length === 0 && existsSync(old.complete);
      const parts = isOld ? await partsOfWalmgr(old) : (await Promise.all(paths.map(importable))).flat();
      await makeDirectories(environment);
      const wish = parseCompression(options.backupCompression, coding.key);
      const common = { repositories, coding: wish.coding, clock: service.clock, log: service.log, signal };
      const imported = await importParts(parts, common);
      out.result(imported, () => imported.map(textOf).join("\n"));
      return undefined;
    },
  }),
];

function textOf(one: Imported): string {
  if (one.kind === "backup") {
    const { backup, isNew } = one.imported;
    return `${one.directory}: ${isNew ? "imported as" : "was imported before as"} ${backup.set}`;
  }
  const { segments, present, others, partials } = one.wal;
  const begun = partials.length === 0 ? "" : `, begun: ${partials.join(", ")}`;
  return `${one.directory}: ${segments} segments, ${others} other files; ${present} were there already${begun}`;
}
