// The commands of a set, for setadm and for programs that live on cascaded queues.
import type { AnyCommand } from "../../programs/index.ts";
import { createCommand } from "./create.ts";
import type { SetFront } from "./front.ts";
import { installCommand } from "./install.ts";
import { changeProviderCommand, dropNodeCommand, renameNodeCommand, tagCommand, takeoverCommand } from "./layout.ts";
import { resurrectCommand } from "./resurrect.ts";
import { pauseCommand, waitCommand } from "./pause.ts";
import { membersCommand, nodeInfoCommand, nodeStatusCommand, showConsumersCommand, statusCommand } from "./show.ts";

/** All of them, in the order of the help. */
export function cascadeCommands(front: SetFront): readonly AnyCommand[] {
  return [
    createCommand("root", front),
    createCommand("branch", front),
    createCommand("leaf", front),
    dropNodeCommand(front),
    renameNodeCommand(front),
    statusCommand(front),
    nodeStatusCommand(front),
    nodeInfoCommand(front),
    membersCommand(front),
    showConsumersCommand(front),
    pauseCommand(true, front),
    pauseCommand(false, front),
    changeProviderCommand(front),
    takeoverCommand(front),
    resurrectCommand(front),
    tagCommand(true, front),
    tagCommand(false, front),
    waitCommand("root", front),
    waitCommand("provider", front),
    installCommand(front),
  ];
}

export { adminContext, carryOut, nodeConnections, type SetFront, setCommand, type SetValues } from "./front.ts";
export { setFlags, setKeys } from "./keys.ts";
