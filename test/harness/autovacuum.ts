// Settings for servers under test.

/** Nothing is left to chance: autovacuum is on, but sleeps. Its transactions would hold back rotation now and then. */
export const NO_AUTOVACUUM = { autovacuum_naptime: "'1d'" } as const;
