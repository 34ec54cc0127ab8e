// What the loops have to say, in the words that monitoring of pgqd 3.5 looks for.
import type { Site } from "./site.ts";
import type { Note } from "./ticker-state.ts";

export function logNotes(site: Site, notes: readonly Note[]): void {
  for (const note of notes) logNote(site, note);
}

function logNote(site: Site, note: Note): void {
  const { level, text } = wording(note);
  site.world.log[level]({}, site.line(text));
}

interface Wording {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly text: string;
}

function wording(note: Note): Wording {
  switch (note.kind) {
    case "version ok":
      return { level: "info", text: `pgq version ok: ${note.version}` };
    case "bad version":
      return { level: "info", text: "bad pgq version, ignoring" };
    case "no pgq":
      return { level: "debug", text: "no pgq" };
    case "in recovery":
      return { level: "info", text: "server is a standby, waiting for it to become the primary" };
    case "stand-by":
      return { level: "info", text: "another ticker is running, standing by" };
    case "took over":
      return { level: "info", text: "took over from another ticker" };
    case "restrained":
      return { level: "warn", text: "an old transaction holds back vacuum, ticking slower so that dead rows stay few" };
    case "queue bad":
      return { level: "error", text: `queue ${note.queue} has no tick: ${note.message}` };
    case "queue well":
      return { level: "info", text: `queue ${note.queue} is ticked again` };
    case "failed":
      return {
        level: note.isRepeated ? "debug" : "error",
        text: `${note.message}; next try in ${seconds(note.pauseMs)} s`,
      };
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);
}
