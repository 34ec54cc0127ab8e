// install: what a node needs in its database, without making one.
import type { AnyCommand } from "../../programs/index.ts";
import { installSchemas } from "../admin/index.ts";
import { adminContext, commonFlags, setCommand, type SetFront } from "./front.ts";

export function installCommand(front: SetFront): AnyCommand {
  return setCommand<typeof commonFlags>({
    name: "install",
    summary: "install the schemas that a node needs in its database",
    flags: commonFlags,
    pidfile: "admin",
    examples: [{ line: "conf.ini install", doc: "what is there already stays" }],
    async run(context) {
      await installSchemas(adminContext(context, front));
      context.out.done({ done: true }, "all schemas are there");
      return undefined;
    },
  });
}
