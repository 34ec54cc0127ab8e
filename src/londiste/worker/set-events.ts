// The events by which a set tells its nodes of its tables, sequences and scripts. Each comes when all changes before it
// are applied and none after it. Source: spec of londiste, 6.1 and 9.
import { type CascadeEvent, isRefused } from "../../cascade/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { replayScript } from "../execute/index.ts";
import {
  getSeqList,
  globalAddTable,
  globalRemoveSeq,
  globalRemoveTable,
  globalUpdateSeq,
  lockTable,
} from "../sql-calls/index.ts";
import { fullName } from "../tables/table-info.ts";
import { isRegistered, type RegisterRules } from "./register-filter.ts";

export interface SetEventContext {
  readonly queue: string;
  readonly target: Connection;
  readonly log: Logger;
  readonly tables: RegisterRules;
  readonly sequences: RegisterRules;
  /** A session of its own on this node. */
  readonly openSession: () => Promise<Connection>;
  readonly openProvider: () => Promise<Connection>;
}

/** What an event may have changed besides the set itself. */
export interface SetEventOutcome {
  /** A table that is no longer part of the set. */
  readonly removedTable?: string;
  /** Tables may look otherwise now. */
  readonly isStructureChanged?: boolean;
}

/** In the transaction of the batch. @throws CASCADE_EVENT for an event that no version writes */
export async function applySetEvent(event: CascadeEvent, context: SetEventContext): Promise<SetEventOutcome> {
  const { queue, target, log, tables, sequences } = context;
  const { data: name, extra1: sequence } = event;
  if (name === null) throw badEvent(event, "without data");
  switch (event.type) {
    case "londiste.add-table":
      if (isRegistered(name, tables)) await globalAddTable(target, log, queue, name);
      return {};
    case "londiste.remove-table":
      if (await isOfBefore(event, name, context)) return {};
      if (isRegistered(name, tables)) await known(() => globalRemoveTable(target, log, queue, name));
      return { removedTable: name };
    case "londiste.remove-seq":
      if (await isSequenceBack(name, context)) return {};
      if (isRegistered(name, sequences)) await known(() => globalRemoveSeq(target, log, queue, name));
      return {};
    case "londiste.update-seq": {
      if (sequence === null || !/^-?\d+$/.test(name)) throw badEvent(event, "without name or value");
      const update = { sequence, value: BigInt(name) };
      if (isRegistered(sequence, sequences)) await globalUpdateSeq(target, log, queue, update);
      return {};
    }
    case "EXECUTE":
      if (sequence === null) throw badEvent(event, "without a name");
      await replayScript(target, log, queue, {
        ...{ name: sequence, sql: name, attributes: event.extra2 },
        openAhead: context.openSession,
      });
      return { isStructureChanged: true };
    default:
      throw badEvent(event, "which nobody knows");
  }
}

/** Whether the node took the table when it was in the set again: add-table reads the provider's list, ahead of the events. */
async function isOfBefore(
  { id }: CascadeEvent,
  name: string,
  { queue, target, log }: SetEventContext,
): Promise<boolean> {
  const addedAt = (await lockTable(target, queue, fullName(name)))?.attributes.addedAt ?? null;
  if (addedAt === null || id > addedAt) return false;
  log.info({ table: name }, `Table ${name} left the set before it was added here: it stays`);
  return true;
}

/**
 * Whether the provider, which has applied the removal, has the sequence again. Who follows it here may have added it since;
 * and who did not can go on, for no more than its last value counts.
 */
async function isSequenceBack(name: string, { queue, target, log, openProvider }: SetEventContext): Promise<boolean> {
  const sequence = fullName(name);
  const isLocal = (await getSeqList(target, queue)).some((one) => one.name === sequence && one.isLocal);
  if (!isLocal) return false;
  await using provider = await openProvider();
  if (!(await getSeqList(provider, queue)).some((one) => one.name === sequence)) return false;
  log.info({ sequence }, `Sequence ${sequence} is part of the set again: it stays`);
  return true;
}

/** A node that was made from a later list, or skipped it then, does not know it. */
async function known(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!isRefused(error, NOT_FOUND)) throw error;
  }
}

const NOT_FOUND = 400;

function badEvent({ id, type }: CascadeEvent, what: string): SkytoolsError {
  return new SkytoolsError("CASCADE_EVENT", `event ${id} is a ${type ?? "NULL"} ${what}`, {
    hint: "a newer program wrote it, or an application put events of its own into the queue of the set",
  });
}
