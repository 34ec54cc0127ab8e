// skytools why: why does nothing arrive?
import { exitStatus } from "../../errors/index.ts";
import { whyNothingArrives } from "../../pgq/index.ts";
import { argument, queueArgument } from "../arguments.ts";
import { command, watchOption } from "../command.ts";
import { withDatabase } from "../connect.ts";
import { formatFindings } from "../findings.ts";

export const whyCommand = command({
  name: "why",
  summary: "explain why a consumer gets nothing, from the producer's transaction to its batch",
  args: [queueArgument, { name: "consumer", doc: "name of the consumer; all when left out", isOptional: true }],
  options: [watchOption],
  examples: [
    { line: "skytools why orders mailer", doc: "exit status 3 when something is wrong, 0 when it only has to wait" },
    { line: "skytools why orders --json", doc: "all consumers, for a program" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const findings = await withDatabase(context, (db) => whyNothingArrives(db, queue, context.args[1]));
    context.out.result({ queue, findings }, () => formatFindings(findings, context.out.terminal));
    return findings.some(({ severity }) => severity === "problem") ? exitStatus.differencesFound : exitStatus.done;
  },
});
