// What the loop of a cascaded consumer is made of.
import type { Service } from "../../service/index.ts";
import type { LoopValues } from "./options.ts";
import type { ConsumerRole } from "./role.ts";

export interface LoopParts {
  readonly service: Service<LoopValues>;
  readonly queue: string;
  readonly consumer: string;
  /** Key of the own node's connection string. */
  readonly targetKey: string;
  readonly role: ConsumerRole;
}
