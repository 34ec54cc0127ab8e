// What is known of the terminal that results go to, and colours for it.

export interface Terminal {
  /** Columns; null when the output is no terminal: then nothing is cut off. */
  readonly width: number | null;
  readonly hasColour: boolean;
}

export const noTerminal: Terminal = { width: null, hasColour: false };

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36, inverse: 7 } as const;

export type Style = keyof typeof codes;

export function paint(terminal: Terminal, style: Style | null, text: string): string {
  return !terminal.hasColour || style === null ? text : `\x1b[${codes[style]}m${text}\x1b[0m`;
}

export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** NO_COLOR (any text) and TERM=dumb switch colours off, FORCE_COLOR switches them on. */
export function terminalOf(stream: TerminalStream, env: Readonly<Record<string, string | undefined>>): Terminal {
  const isTerminal = stream.isTTY === true;
  const isRefused = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  const isForced = !["", "0", undefined].includes(env["FORCE_COLOR"]);
  return { width: isTerminal ? (stream.columns ?? 80) : null, hasColour: !isRefused && (isTerminal || isForced) };
}
