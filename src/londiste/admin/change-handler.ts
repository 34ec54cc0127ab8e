// change-handler: another handler and other triggers for a table. Rows are not copied again.
import { SkytoolsError } from "../../errors/index.ts";
import { getTableList, localChangeHandler } from "../sql-calls/index.ts";
import { formatAttributes } from "../tables/attributes.ts";
import { formatHandlerText } from "../tables/handler-text.ts";
import { fullName } from "../tables/table-info.ts";
import { changeTable, type Member } from "./member.ts";
import type { TableTriggerOptions } from "./table-options.ts";
import { triggerArguments } from "./trigger-arguments.ts";

/** @returns false: it has that handler already. @throws NAME_UNKNOWN, TABLE_UNFIT, NODE_REFUSED */
export async function changeHandler(member: Member, word: string, options: TableTriggerOptions): Promise<boolean> {
  const { context, db } = member;
  const name = fullName(word);
  const table = (await getTableList(db, context.queue)).find((one) => one.name === name && one.isLocal);
  if (table === undefined) {
    throw new SkytoolsError("NAME_UNKNOWN", `table ${name} is not local on this node`, { hint: "see tables" });
  }
  const textOf = (handler: typeof options.handler): string => (handler === null ? "" : formatHandlerText(handler));
  const hasOwnTriggers = options.triggerFlags !== null || options.triggerArgs.length > 0 || options.noTriggers;
  if (textOf(table.attributes.handler) === textOf(options.handler) && !hasOwnTriggers) {
    context.log.info({ table: name }, `Handler for table ${name} not changed`);
    return false;
  }
  const { dest } = table;
  const handler = context.handlers.open({ table: name, dest, handler: options.handler });
  await changeTable(member, async () => {
    await localChangeHandler(db, context.log, context.queue, {
      table: name,
      triggerArgs: await triggerArguments(member, { dest, handler, options }),
      attributes: formatAttributes({ ...table.attributes, handler: options.handler }),
    });
  });
  return true;
}
