export { toJson } from "./json.ts";
export { output, type Output, type OutputChoice, type Screen, type TextSink } from "./output.ts";
export { formatOldTable, type OldColumn } from "./old-table.ts";
export { formatProgress, progressFigures, type Progress, type ProgressFigures } from "./progress-text.ts";
export { type Cell, type Column, formatFacts, formatTable } from "./table.ts";
export { noTerminal, paint, type Style, type Terminal, terminalOf, type TerminalStream } from "./terminal.ts";
export { settingDuration, shortDuration, shortRate, shortSize } from "./units.ts";
export { repeat } from "./watch.ts";
export { displayWidth, padEnd, padStart, printable, truncate } from "./width.ts";
