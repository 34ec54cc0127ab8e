// A consumer as a program: the configuration file, switches and life of the old consumer scripts around a handler.
import { SkytoolsError } from "../../errors/index.ts";
import { packageVersion, type QueueOrName } from "../../pgq/index.ts";
import type { OptionTable, ProgramDefinition, ProgramOptions, Service } from "../../service/index.ts";
import { commandOf } from "./commands.ts";
import type { ConsumerProgram, ConsumerService } from "./definition.ts";
import { type NoOptions, optionTable } from "./options.ts";
import { runConsumer } from "./work.ts";

/**
 * Makes a program of a handler; runAsMain() runs it.
 *
 *     await runAsMain(consumerProgram({ name: "mailer", handler: (event, tx) => … }));
 *
 * @throws WRONG_USE unless it has one of handler and batchHandler
 */
export function consumerProgram<Q extends QueueOrName = string, const T extends OptionTable = NoOptions>(
  program: ConsumerProgram<Q, T>,
): ProgramDefinition {
  const { name, version, summary, oldSections = [], handler, batchHandler } = program;
  if ((handler === undefined) === (batchHandler === undefined)) {
    throw new SkytoolsError("WRONG_USE", `the consumer program ${name} needs either a handler or a batchHandler`);
  }
  type Options = ConsumerService<T>["options"];
  type Given = ProgramOptions<OptionTable>;
  return {
    name,
    version: version ?? packageVersion(),
    summary: summary ?? "consume the events of a queue",
    sections: [name, ...oldSections],
    options: { ...optionTable(program), ...program.options },
    openKeys: [{ pattern: "*_extra_connstr", doc: "text added to the connection string of that key" }],
    isOneShot: (options: Given) => commandOf(options as Partial<Options>) !== null,
    // The values were parsed by this very table.
    check: (options: Given) => program.check?.(options as Options),
    run: (service: Service<Given>) => runConsumer(program, service as ConsumerService<T>),
  };
}
