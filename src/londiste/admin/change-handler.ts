// change-handler: another handler and other triggers for a table. Rows are not copied again.
import { SkytoolsError } from "../../errors/index.ts";
import { isLogged } from "../check/index.ts";
import { getTableList, localChangeHandler, lockTable } from "../sql-calls/index.ts";
import { readStructure } from "../structure/index.ts";
import { formatAttributes } from "../tables/attributes.ts";
import { formatHandlerText } from "../tables/handler-text.ts";
import { fullName } from "../tables/table-info.ts";
import { changeTable, type Member } from "./member.ts";
import type { TableTriggerOptions } from "./table-options.ts";
import { triggerArguments } from "./trigger-arguments.ts";

/** @returns false: it has that handler already, and its triggers. @throws NAME_UNKNOWN, TABLE_UNFIT, NODE_REFUSED */
export async function changeHandler(member: Member, word: string, options: TableTriggerOptions): Promise<boolean> {
  const { context, db } = member;
  const name = fullName(word);
  const table = (await getTableList(db, context.queue)).find((one) => one.name === name && one.isLocal);
  if (table === undefined) {
    throw new SkytoolsError("NAME_UNKNOWN", `table ${name} is not local on this node`, { hint: "see tables" });
  }
  const textOf = (handler: typeof options.handler): string => (handler === null ? "" : formatHandlerText(handler));
  const hasOwnTriggers = options.triggerFlags !== null || options.triggerArgs.length > 0 || options.noTriggers;
  const isSame = textOf(table.attributes.handler) === textOf(options.handler) && !hasOwnTriggers;
  if (isSame && (await hasTriggers(member, table.dest))) {
    context.log.info({ table: name }, `Handler for table ${name} not changed`);
    return false;
  }
  const { dest } = table;
  const handler = context.handlers.open({ table: name, dest, handler: options.handler });
  await changeTable(member, async () => {
    const triggerArgs = await triggerArguments(member, { dest, handler, options });
    const { attributes } = (await lockTable(db, context.queue, name)) ?? table;
    await localChangeHandler(db, context.log, context.queue, {
      table: name,
      triggerArgs,
      attributes: formatAttributes({ ...attributes, handler: options.handler }),
    });
  });
  return true;
}

/** A table that was made anew has none. */
async function hasTriggers({ db, context }: Member, table: string): Promise<boolean> {
  const structure = await readStructure(db, table);
  return structure === null || (await isLogged(db, context.queue, structure));
}
