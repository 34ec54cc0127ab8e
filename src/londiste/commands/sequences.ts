// add-seq and remove-seq.
import { programCommand } from "../../programs/index.ts";
import { addSequences, removeSequences } from "../admin/sequences.ts";
import { memberOf } from "./context.ts";
import { createFlags, memberKeys, nameFlags, sequenceWords } from "./keys.ts";

export const addSeqCommand = programCommand({
  name: "add-seq",
  summary: "take part in the replication of sequences; on the root they become part of the set",
  args: [sequenceWords],
  keys: memberKeys,
  flags: { ...nameFlags, ...createFlags },
  pidfile: "admin",
  examples: [
    { line: "root.ini add-seq --all", doc: "on the root: they become part of the set" },
    { line: "leaf.ini add-seq --all --create", doc: "elsewhere: make those that are missing" },
  ],
  async run(context) {
    const { options, args, out } = context;
    const member = await memberOf(context);
    const added = await addSequences(
      member,
      { words: args, isAll: options.all, isForced: options.force },
      { isCreating: options.create || options.createFull, isSkippingMissing: options.skipNonExisting },
    );
    out.done({ added }, `${added.length} sequence(s) added`);
    return undefined;
  },
});

export const removeSeqCommand = programCommand({
  name: "remove-seq",
  summary: "end the replication of sequences on this node; on the root they leave the set",
  args: [sequenceWords],
  keys: memberKeys,
  flags: nameFlags,
  pidfile: "admin",
  examples: [{ line: "leaf.ini remove-seq public.orders_id_seq", doc: "the sequence itself stays" }],
  async run(context) {
    const { options, args, out } = context;
    const member = await memberOf(context);
    const removed = await removeSequences(member, { words: args, isAll: options.all, isForced: options.force });
    out.done({ removed }, `${removed.length} sequence(s) removed`);
    return undefined;
  },
});
