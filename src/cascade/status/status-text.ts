// The tree of `status` as text, in the form of the old program.
import { noTerminal, paint, type Terminal } from "../../print/index.ts";
import { lagOf, lagText } from "./lag.ts";
import type { MemberStatus, SetStatus } from "./read-status.ts";
import { severalRoots } from "./roots.ts";
import { forestOf, serviceOf, type TreeNode } from "./tree.ts";
import { holderText, watermarkHolder } from "./watermark-holder.ts";

export interface StatusTextOptions {
  /** One line a node. */
  readonly isCompact?: boolean;
  readonly terminal?: Terminal;
}

const DETAIL_COLUMN = 30;
const COMPACT_TITLE = 60;
const RED_LAG_MS = 60_000;

export function statusText(status: SetStatus, options: StatusTextOptions = {}): string {
  const { isCompact = false, terminal = noTerminal } = options;
  const lines = [`Queue: ${status.queue}   Local node: ${status.localNode}`, ""];
  const draw = ({ member, children }: TreeNode, titlePrefix: string, prefix: string): void => {
    const details = detailsOf(status, member, terminal);
    const title = `${titlePrefix}${titleOf(member)}`;
    if (isCompact) {
      lines.push(
        `${title.padEnd(COMPACT_TITLE)}${details.map((text) => text.padEnd(DETAIL_COLUMN)).join("")}`.trimEnd(),
      );
    } else {
      const bar = `${prefix}${children.length > 0 ? "|" : " "}`.padEnd(DETAIL_COLUMN);
      lines.push(title, ...details.map((text) => `${bar}${text}`));
    }
    children.forEach((child, i) => {
      if (isCompact) draw(child, `${titlePrefix}   `, "");
      else draw(child, `${prefix}+--: `, `${prefix}${i === children.length - 1 ? " " : "|"}  `);
    });
  };
  for (const tree of forestOf(status)) draw(tree, "", "  ");
  const roots = severalRoots(status);
  if (roots !== null) lines.push("", roots);
  const holder = watermarkHolder(status);
  if (holder !== null) lines.push("", holderText(holder, lagText));
  return `${lines.join("\n")}\n`;
}

export function titleOf({ name, location, isDead, answer }: MemberStatus): string {
  const type = isDead ? "dead" : (answer?.info.type ?? "no answer");
  const service = serviceOf(location);
  return `${name} (${service === "" ? type : `${type}, ${service}`})`;
}

/** The lines of one node. */
export function detailsOf(status: SetStatus, member: MemberStatus, terminal: Terminal = noTerminal): readonly string[] {
  const { answer, failure } = member;
  if (answer === null) {
    const lost = ["Lag: (n/a), PAUSED, NOT UPTODATE"];
    return failure === null ? lost : ["Lag: (n/a)", `Node '${member.name}' failure: ${failure}`];
  }
  const { info, consumers, details } = answer;
  const lagMs = lagOf(status, member);
  const lag = `Lag: ${lagText(lagMs)}`;
  const facts = [
    lagMs !== null && lagMs > RED_LAG_MS ? paint(terminal, "red", lag) : lag,
    `Tick: ${info.lastTick ?? "(n/a)"}`,
    ...(info.isPaused ? ["PAUSED"] : []),
    ...(info.isUptodate ? [] : ["NOT UPTODATE"]),
  ];
  return [
    ...details,
    facts.join(", "),
    ...attributesOf(info.attributes).map(([key, value]) => `Attr: ${key}=${value}`),
    ...consumers.flatMap(({ consumer, error }) =>
      error === null ? [] : [`ERR: ${consumer}: ${error.split("\n", 1)[0] ?? ""}`],
    ),
  ];
}

function attributesOf(text: string | null): readonly (readonly [string, string])[] {
  return [...new URLSearchParams(text ?? "")];
}
