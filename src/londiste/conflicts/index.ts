export { ConflictNotes, type NotesContext } from "./conflict-notes.ts";
export { SKIP_EVENT, skippedEvents, withSkippedEvents } from "./skipped-events.ts";
