// What Londiste adds to the administration of nodes: its schema and lists when one is made, its tables in status, exact
// sequences at a takeover.
import type { CreatedNode, RootChange, SetHooks } from "../../cascade/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { installSchema } from "../../pgq/index.ts";
import type { Logger } from "../../service/index.ts";
import { shortDuration } from "../../print/index.ts";
import { copyProgressText } from "../copy/index.ts";
import {
  getSeqList,
  getTableList,
  globalAddTable,
  globalUpdateSeq,
  readCopyProgress,
  readLondisteFacts,
  summarizeConflicts,
} from "../sql-calls/index.ts";
import { speakAgain } from "../sync/index.ts";
import { formatMergeState } from "../tables/merge-state.ts";
import type { TableInfo } from "../tables/table-info.ts";
import { QUARANTINE } from "../worker/quarantine.ts";
import { moveSequences } from "./exact-sequences.ts";
import { isSequenceRegistered, isTableRegistered, type RegistrationFilter } from "./filter.ts";

/** The worker tells it each second. */
const STALE_SECONDS = 15;

export interface NodeHookParts {
  readonly log: Logger;
  readonly filter: RegistrationFilter;
}

export function nodeHooks({ log, filter }: NodeHookParts): SetHooks {
  return {
    beforeCreate: ({ node }) => installLondiste(node, log),
    afterCreate: (context) => registerLists(context, { log, filter }),
    checkPromote: ({ oldRoot, newRoot, queue }) =>
      oldRoot === null ? requireWholeTables({ newRoot, queue }, log) : requireAllTables({ oldRoot, newRoot, queue }),
    async beforePromote({ oldRoot, newRoot, queue }) {
      if (oldRoot !== null) await moveSequences({ oldRoot, newRoot, queue }, log);
      try {
        await speakAgain(newRoot, { queue, log });
      } catch (error) {
        // writers wait; the worker tries again as soon as the node is root
        log.warn({ reason: reasonOf(error) }, "triggers and foreign keys that were put away could not come back yet");
      }
    },
    details: async (db, _, queue) => [
      await tableCounts(db, queue),
      ...(await copyLines(db, queue)),
      ...(await conflictLines(db, queue)),
    ],
  };
}

/** Applications would write to tables that are empty there, or only half there. @throws SET_REFUSED */
async function requireAllTables({ oldRoot, newRoot, queue }: RootChange): Promise<void> {
  const there = new Map((await getTableList(newRoot, queue)).map((table) => [table.name, table]));
  const lacking = (await getTableList(oldRoot, queue))
    .filter(({ isLocal }) => isLocal)
    .map(({ name }) => ({ name, table: there.get(name) }))
    .filter(({ table }) => table?.isLocal !== true || !isWhole(table))
    .map(({ name, table }) => (table?.isLocal === true ? unfinished(table) : `${name} (not added)`));
  if (lacking.length === 0) return;
  throw new SkytoolsError("SET_REFUSED", `the new root would not have all tables of the set: ${lacking.join(", ")}`, {
    hint: "add them there and wait: wait-sync; or take them out of the set: remove-table on the root",
  });
}

/** The old root is lost. What its tables had cannot be waited for, but half of them must not pass for all. @throws SET_REFUSED */
async function requireWholeTables({ newRoot, queue }: Omit<RootChange, "oldRoot">, log: Logger): Promise<void> {
  const tables = await getTableList(newRoot, queue);
  const lacking = tables.filter((table) => table.isLocal && !isWhole(table)).map(unfinished);
  if (lacking.length > 0) {
    throw new SkytoolsError("SET_REFUSED", `the new root has not all rows of ${lacking.join(", ")}`, {
      hint: "choose another node; or remove-table on this one, which keeps the rows that are there",
    });
  }
  const absent = tables.filter(({ isLocal }) => !isLocal).map(({ name }) => name);
  if (absent.length > 0) log.warn({ tables: absent.join(", ") }, "the new root does not have these tables of the set");
}

function isWhole({ state, attributes }: TableInfo): boolean {
  return state.kind === "ok" && !attributes.others.has(QUARANTINE);
}

function unfinished({ name, state }: TableInfo): string {
  return `${name} (${state.kind === "ok" ? "in quarantine" : (formatMergeState(state) ?? "not copied")})`;
}

/** A schema that is there stays as it is, also the C one. */
async function installLondiste(node: Connection, log: Logger): Promise<void> {
  if ((await readLondisteFacts(node)).version !== null) return;
  await installSchema(node, { schema: "londiste" });
  log.info({}, "schema londiste installed");
}

/** The provider's tables and sequences become known, as not local. */
async function registerLists({ node, provider, queue }: CreatedNode, { log, filter }: NodeHookParts): Promise<void> {
  if (provider === null) return;
  for (const { name } of await getTableList(provider, queue)) {
    if (isTableRegistered(filter, name)) await globalAddTable(node, log, queue, name);
  }
  for (const { name, published } of await getSeqList(provider, queue)) {
    if (!isSequenceRegistered(filter, name)) continue;
    await globalUpdateSeq(node, log, queue, { sequence: name, value: published });
  }
}

/** `Tables: OK/HALF/IGNORED`: in sync, not in sync, not local. */
async function tableCounts(db: Connection, queue: string): Promise<string> {
  if ((await readLondisteFacts(db)).version === null) return "Tables: -";
  const tables = await getTableList(db, queue);
  const ok = tables.filter(({ isLocal, state }) => isLocal && state.kind === "ok").length;
  const local = tables.filter(({ isLocal }) => isLocal).length;
  return `Tables: ${ok}/${local - ok}/${tables.length - local}`;
}

/** How far copies are; of one whose worker is away, as it was last told. */
async function copyLines(db: Connection, queue: string): Promise<readonly string[]> {
  return (await readCopyProgress(db, queue)).map((told) => {
    const age = told.ageSeconds > STALE_SECONDS ? `, told ${shortDuration(told.ageSeconds * 1000) ?? ""} ago` : "";
    return `Copy: ${told.table} ${copyProgressText(told)}${age}`;
  });
}

async function conflictLines(db: Connection, queue: string): Promise<readonly string[]> {
  const found = await summarizeConflicts(db, queue);
  if (found === null) return [];
  const age = shortDuration(found.newestAgeSeconds * 1000) ?? "";
  return [`Conflicts: ${found.count}, the last ${age} ago: conflicts lists them`];
}
