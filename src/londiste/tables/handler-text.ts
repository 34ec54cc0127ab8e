// A handler and its arguments as one text: name, or name(key=value&key2=value2) with urlencoded keys and values.
import { SkytoolsError } from "../../errors/index.ts";
import { decodeRow, encodeRow } from "../../pgq/row-format/index.ts";

export interface HandlerText {
  readonly name: string;
  /** In the order given. */
  readonly args: ReadonlyMap<string, string>;
}

/** Reads the text; "," between arguments is accepted in place of "&". @throws WRONG_USE */
export function parseHandlerText(text: string): HandlerText {
  const matched = /^([^()\s]+)(?:\(([^()]*)\))?$/.exec(text.trim());
  if (matched?.[1] === undefined) throw new SkytoolsError("WRONG_USE", `${JSON.stringify(text)} is not a handler`);
  const args = new Map<string, string>();
  for (const [key, value] of decodeRow((matched[2] ?? "").replaceAll(",", "&"))) args.set(key, value ?? "");
  return { name: matched[1], args };
}

/** What parseHandlerText reads, as londiste 3 writes it. */
export function formatHandlerText({ name, args }: HandlerText): string {
  return args.size === 0 ? name : `${name}(${encodeRow(args)})`;
}
