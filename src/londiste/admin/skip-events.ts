// skip-event: the worker of this node passes over events that it cannot replay. They are passed on to the nodes below all
// the same, which may be able to.
import { SkytoolsError } from "../../errors/index.ts";
import { skippedEvents, withSkippedEvents } from "../conflicts/index.ts";
import { eventKind } from "../row-events/index.ts";
import {
  getTableList,
  lockTable,
  type PendingEvent,
  readPendingEvents,
  setTableAttributes,
  skipScript,
} from "../sql-calls/index.ts";
import { formatAttributes } from "../tables/attributes.ts";
import { fullName, type TableInfo } from "../tables/table-info.ts";
import { QUARANTINE } from "../worker/quarantine.ts";
import { type Member, openProvider } from "./member.ts";

export interface SkippedEvent {
  readonly event: bigint;
  /** Name in the set; null: it is a script. */
  readonly table: string | null;
  readonly script: string | null;
}

export interface SkipWish {
  readonly ids: readonly bigint[];
  /** Nothing is written down. */
  readonly isDryRun: boolean;
}

/** All of them, or none. @throws SET_REFUSED with everything that is in the way */
export async function skipEvents(member: Member, { ids, isDryRun }: SkipWish): Promise<readonly SkippedEvent[]> {
  const { context, db, node } = member;
  const { queue } = context;
  const provider = await openProvider(member);
  if (provider === null || node.lastTick === null) {
    throw new SkytoolsError("SET_REFUSED", `node ${node.name} is the root: nothing is replayed here`, {
      hint: "give skip-event on the node whose worker stands still",
    });
  }
  const tables = new Map((await getTableList(db, queue)).map((table) => [table.name, table]));
  const marked = [...tables.values()].flatMap(({ attributes }) => [...skippedEvents(attributes)].map(BigInt));
  const position = { queue, tick: node.lastTick, ids: [...ids, ...marked] };
  const pending = await readPendingEvents(provider, position);
  if (pending === null) {
    throw new SkytoolsError("SET_REFUSED", `the provider does not keep tick ${node.lastTick}, where this node stands`, {
      hint: "see status; a position that is lost is given up with worker --rewind",
    });
  }
  const found = new Map(pending.events.map((event) => [event.id, event]));
  const refused: string[] = [];
  const skipped: SkippedEvent[] = [];
  for (const id of new Set(ids)) {
    const event = found.get(id);
    const outcome =
      event === undefined ? notPending(id, pending.positionId) : whatItIs(event, (name) => tables.get(name) ?? null);
    if (typeof outcome === "string") refused.push(outcome);
    else skipped.push(outcome);
  }
  if (refused.length > 0) {
    throw new SkytoolsError("SET_REFUSED", refused.join("; "), {
      hint: "the log of the worker and status name the event at which it stands still; nothing was skipped",
    });
  }
  if (!isDryRun) await mark(member, skipped, new Set(found.keys()));
  return skipped;
}

function notPending(id: bigint, positionId: bigint): string {
  return id <= positionId
    ? `event ${id} is not skipped: this node has replayed it, or it never was`
    : `event ${id} is not in the queue of the provider`;
}

/** A text says why not. */
function whatItIs(
  { id, type, extra1 }: PendingEvent,
  tableOf: (name: string) => TableInfo | null,
): SkippedEvent | string {
  if (type === "EXECUTE" && extra1 !== null) return { event: id, table: null, script: extra1 };
  if (eventKind(type) === null)
    return `event ${id} is of type ${type ?? "NULL"}: neither a change of a row nor a script`;
  const name = fullName(extra1 ?? "");
  const table = tableOf(name);
  if (table?.isLocal !== true) return `event ${id} is of table ${name}, which is not replicated to this node`;
  if (table.state.kind !== "ok")
    return `event ${id} is of table ${name}, which is being copied: the copy goes on by itself`;
  if (table.attributes.others.has(QUARANTINE))
    return `event ${id} is of table ${name}, which is in quarantine: resync it`;
  return { event: id, table: name, script: null };
}

/** Marks of events that are past go away. @throws NAME_UNKNOWN, SET_REFUSED; then nothing was done */
async function mark(
  { context, db }: Member,
  skipped: readonly SkippedEvent[],
  pending: ReadonlySet<bigint>,
): Promise<void> {
  const { queue, log } = context;
  const names = new Set(skipped.flatMap(({ table }) => (table === null ? [] : [table])));
  await db.transaction(async () => {
    for (const name of [...names].sort()) {
      const table = await lockTable(db, queue, name);
      if (table?.state.kind !== "ok") {
        throw new SkytoolsError(
          "SET_REFUSED",
          `table ${name} has left this node, or is to be copied, since a moment ago`,
        );
      }
      const before = [...skippedEvents(table.attributes)].filter((id) => pending.has(BigInt(id)));
      const wanted = skipped.filter((one) => one.table === name).map(({ event }) => String(event));
      const attributes = formatAttributes(withSkippedEvents(table.attributes, [...before, ...wanted]));
      await setTableAttributes(db, log, queue, { table: name, attributes });
    }
    for (const { script } of skipped) if (script !== null) await skipScript(db, queue, script);
  });
}
