// A command of walmgr: one that gets the environment, and whose errors end with the statuses of walmgr.
import { errnoOf, reasonOf, SkytoolsError } from "../../errors/index.ts";
import {
  type AnyCommand,
  type CommandContext,
  programCommand,
  type ProgramCommand,
} from "../../programs/commands/index.ts";
import type { OptionTable, OptionValues } from "../../service/index.ts";
import { hintForErrno } from "../store/index.ts";
import { openEnvironment, type WalmgrEnvironment, type WalmgrService, type WalmgrValues } from "./environment.ts";

/** A command without options of its own. */
export type PlainContext = Omit<WalmgrContext<OptionTable>, "options"> & { readonly options: WalmgrValues };

export interface WalmgrContext<F extends OptionTable> {
  readonly service: WalmgrService;
  readonly options: WalmgrValues & OptionValues<F>;
  readonly args: readonly string[];
  readonly out: CommandContext["out"];
  readonly progress: CommandContext["progress"];
  readonly environment: WalmgrEnvironment;
  readonly signal: AbortSignal;
}

/** Status 1 means "not found" to the server; what says so must be sure of it. Source: spec of walmgr, 3.10. */
const exits: Readonly<Record<string, number>> = { WRONG_USE: 1, CONNECTION_FAILED: 4, CONNECTION_LOST: 4, DATABASE: 4 };

export function walmgrCommand<const F extends OptionTable>(
  command: Omit<ProgramCommand<OptionTable, F>, "run" | "keys"> & {
    /** true: a signal ends it at once, whatever it waits for, as there is nothing to finish or to clean up. */
    readonly onlyReads?: boolean;
    run(context: WalmgrContext<F>): Promise<number | undefined>;
  },
): AnyCommand {
  return programCommand<OptionTable, OptionTable>({
    ...command,
    async run(context) {
      // The program has all keys, whatever the command says it reads.
      const service = context.service as unknown as WalmgrService;
      const options = context.options as unknown as WalmgrValues & OptionValues<F>;
      const { args, out, signal } = { ...context, signal: service.signal };
      const progress: CommandContext["progress"] = (title) => context.progress(title);
      try {
        await using environment = await openEnvironment(service);
        const running = command.run({ service, options, args, out, progress, environment, signal });
        return await (command.onlyReads === true ? unlessStopped(running, signal) : running);
      } catch (thrown) {
        const error = systemFailure(thrown);
        const status = error instanceof SkytoolsError ? exits[error.code] : undefined;
        if (status === undefined || !(error instanceof SkytoolsError)) throw error;
        service.log.error(
          { code: error.code, ...(error.hint === undefined ? {} : { hint: error.hint }) },
          error.message,
        );
        return status;
      }
    },
  });
}

/** Of the disk or folder that a command works on: an operator's matter, whose stack says nothing. */
function systemFailure(error: unknown): unknown {
  const hint = error instanceof SkytoolsError ? undefined : hintForErrno(errnoOf(error) ?? "");
  return hint === undefined ? error : new SkytoolsError("STORE_FAILED", reasonOf(error), { hint, cause: error });
}

async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
