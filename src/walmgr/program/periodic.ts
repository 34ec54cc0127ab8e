// periodic_command: run at most every command_interval, by `periodic` and whenever a file was archived.
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlainContext } from "./command.ts";
import { runShellCommand } from "./shell.ts";

type Context = Pick<PlainContext, "environment" | "options" | "service">;

/** False: there is none, or it is not due. @throws SAFETY_REFUSED when it fails; then it is due still */
export async function runPeriodic({ environment, options, service }: Context): Promise<boolean> {
  const { commandInterval, periodicCommand } = options;
  if (periodicCommand === null) return false;
  const marker = join(environment.localStore.path, ".walshipping.periodic");
  const last = await stat(marker).catch(() => null);
  if (last !== null && service.clock.now() - last.mtimeMs < commandInterval) return false;
  await runShellCommand(periodicCommand, "periodic_command");
  await mkdir(environment.localStore.path, { recursive: true, mode: 0o700 });
  await writeFile(marker, "");
  return true;
}

/** The file is stored whatever becomes of the command. */
export async function runPeriodicQuietly(context: Context): Promise<void> {
  await runPeriodic(context).catch((error: unknown) => context.service.log.warn({ error }, "periodic_command failed"));
}
