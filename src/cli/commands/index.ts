// All commands, in the order in which the help lists them.
import { commandPrograms } from "./command-programs.ts";
import { compareCommand } from "./compare/compare.ts";
import { repairCommand } from "./compare/repair.ts";
import { consumerListCommand } from "./consumer/list.ts";
import { consumerRegisterCommand } from "./consumer/register.ts";
import { consumerSeekCommand } from "./consumer/seek.ts";
import { consumerShowCommand } from "./consumer/show.ts";
import { consumerSkipCommand } from "./consumer/skip.ts";
import { consumerUnregisterCommand } from "./consumer/unregister.ts";
import { devCommand } from "./dev.ts";
import { dlqListCommand } from "./dlq/list.ts";
import { dlqPurgeCommand } from "./dlq/purge.ts";
import { dlqReplayCommand } from "./dlq/replay.ts";
import { dlqShowCommand } from "./dlq/show.ts";
import { doctorCommand } from "./doctor.ts";
import { eventCancelCommand } from "./event/cancel.ts";
import { eventDelayedCommand } from "./event/delayed.ts";
import { eventInsertCommand } from "./event/insert.ts";
import { eventListCommand } from "./event/list.ts";
import { eventRetryCommand } from "./event/retry.ts";
import { eventShowCommand } from "./event/show.ts";
import { installCommand } from "./install.ts";
import { maintainCommand } from "./maintain.ts";
import { pgqdCommand } from "./pgqd.ts";
import { queueCreateCommand } from "./queue/create.ts";
import { queueDropCommand } from "./queue/drop.ts";
import { queueListCommand } from "./queue/list.ts";
import { queuePauseCommand, queueResumeCommand } from "./queue/pause.ts";
import { queueSetCommand } from "./queue/set.ts";
import { queueShowCommand } from "./queue/show.ts";
import { queueTickCommand } from "./queue/tick.ts";
import { sqlCommand } from "./sql.ts";
import { statusCommand } from "./status.ts";
import { topCommand } from "./top.ts";
import { uninstallCommand } from "./uninstall.ts";
import { whyCommand } from "./why.ts";

export { groups } from "./groups.ts";

export const commands = [
  devCommand,
  installCommand,
  sqlCommand,
  uninstallCommand,
  doctorCommand,
  pgqdCommand,
  ...commandPrograms,
  compareCommand,
  repairCommand,
  maintainCommand,
  statusCommand,
  topCommand,
  whyCommand,
  queueCreateCommand,
  queueDropCommand,
  queueListCommand,
  queueShowCommand,
  queueSetCommand,
  queuePauseCommand,
  queueResumeCommand,
  queueTickCommand,
  consumerRegisterCommand,
  consumerUnregisterCommand,
  consumerListCommand,
  consumerShowCommand,
  consumerSeekCommand,
  consumerSkipCommand,
  eventInsertCommand,
  eventListCommand,
  eventShowCommand,
  eventRetryCommand,
  eventDelayedCommand,
  eventCancelCommand,
  dlqListCommand,
  dlqShowCommand,
  dlqReplayCommand,
  dlqPurgeCommand,
];
