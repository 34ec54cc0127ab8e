// A table that gets no more changes, because a row of it was not as the root's was (conflict_policy = quarantine).

/** Attribute of the table; its value is the id of the event at which it was given up. resync takes it away. */
export const QUARANTINE = "quarantine";
