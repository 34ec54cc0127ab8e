// The settings of a restored server.
import type { RestoreRequest } from "./request.ts";
import { type RecoveryTarget, type TargetAction, targetSettings } from "./target.ts";

export interface RecoveryWish extends Pick<RestoreRequest, "keepArchiving" | "settings"> {
  readonly restoreCommand: string;
  readonly target: RecoveryTarget;
  readonly inclusive: boolean;
  readonly action: TargetAction;
  readonly standby: boolean;
  readonly timeline: number | "latest" | "current";
}

export function recoverySettings(
  wish: RecoveryWish,
  timeline: number,
): { readonly values: Readonly<Record<string, string>>; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const values: Record<string, string> = {
    restore_command: wish.restoreCommand,
    ...(wish.standby ? standby() : recovery()),
  };
  if (wish.keepArchiving !== true && !wish.standby) {
    values["archive_mode"] = "off";
    notes.push("archive_mode is off in the restored server: it cannot write into the archive of the old one");
  }
  return { values: { ...values, ...wish.settings }, notes };

  function standby(): Record<string, string> {
    // It goes on to each new one, unless a certain one was asked for.
    return { recovery_target_timeline: wish.timeline === "latest" ? "latest" : String(timeline) };
  }

  function recovery(): Record<string, string> {
    return {
      ...targetSettings(wish.target),
      ...(wish.target.kind === "latest" || wish.target.kind === "immediate"
        ? {}
        : { recovery_target_inclusive: wish.inclusive ? "on" : "off" }),
      recovery_target_action: wish.action,
      recovery_target_timeline: String(timeline),
      hot_standby: "on",
      // What the old server needed and the restored one has not: commits would wait for ever.
      primary_conninfo: "",
      primary_slot_name: "",
      synchronous_standby_names: "",
    };
  }
}
