// skytools queue show
import { listConsumers, requireQueue } from "../../../pgq/index.ts";
import { argument, queueArgument } from "../../arguments.ts";
import { command, watchOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import {
  formatFacts,
  formatTable,
  settingDuration,
  shortDuration,
  shortRate,
  shortSize,
} from "../../../print/index.ts";
import { consumerColumns } from "../consumer/columns.ts";
import { stateText } from "./columns.ts";

export const queueShowCommand = command({
  name: "queue show",
  summary: "show one queue with its settings, state and consumers",
  args: [queueArgument],
  options: [watchOption],
  examples: [{ line: "skytools queue show orders --db dbname=shop", doc: "everything about one queue" }],
  async run(context) {
    const name = argument(context, 0, "queue");
    const { queue, consumers } = await withDatabase(context, async (db) => ({
      queue: await requireQueue(db, name),
      consumers: await listConsumers(db, { queue: name }),
    }));
    context.out.result({ ...queue, consumers }, () => {
      const { settings } = queue;
      const { terminal } = context.out;
      const facts = formatFacts(
        [
          ["queue", queue.queue],
          ["state", stateText(queue) === "" ? "normal" : { text: stateText(queue), style: "yellow" }],
          ["last tick", tickText(queue.lastTick, queue.tickAgeMs)],
          ["new events", queue.newEvents === null ? null : `${queue.newEvents} since then`],
          ["delayed", delayedText(queue.delayedEvents, queue.nextDelayedInMs)],
          ["rate", queue.eventsPerSecond === null ? null : `${shortRate(queue.eventsPerSecond) ?? ""} events/s`],
          [
            "size",
            `${shortSize(queue.bytes) ?? ""} in ${queue.tables} tables, number ${queue.currentTable} is written`,
          ],
          ["rotated", `${shortDuration(queue.rotatedAgoMs) ?? ""} ago`],
          ["ticker_max_count", String(settings.tickerMaxCount)],
          ["ticker_max_lag", settingDuration(settings.tickerMaxLagMs)],
          ["ticker_idle_period", settingDuration(settings.tickerIdlePeriodMs)],
          ["ticker_paused", yesNo(settings.tickerPaused)],
          ["external_ticker", yesNo(settings.externalTicker)],
          ["rotation_period", settingDuration(settings.rotationPeriodMs)],
          ["disable_insert", yesNo(settings.disableInsert)],
          ["per_tx_limit", settings.perTxLimit === null ? "none" : String(settings.perTxLimit)],
        ],
        terminal,
      );
      const columns = consumerColumns.filter(({ title }) => title !== "queue");
      return `${facts}\n${formatTable(columns, consumers, terminal, "no consumers")}`;
    });
    return undefined;
  },
});

function tickText(tick: bigint | null, ageMs: number | null): string | null {
  return tick === null ? null : `${tick}, ${shortDuration(ageMs) ?? ""} ago`;
}

function delayedText(events: bigint | null, nextInMs: number | null): string | null {
  if (events === null || nextInMs === null) return events === null ? null : "none";
  return `${events}, the next ${nextInMs <= 0 ? "now" : `in ${shortDuration(nextInMs) ?? ""}`}`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}
