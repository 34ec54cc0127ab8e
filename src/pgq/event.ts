// An event as PgQ stores it. Ids are bigint, times the server's text with its microseconds.
// Source: spec of the consumers, chapter 4.

/** An event as the server keeps it. */
export interface StoredEvent {
  readonly id: bigint;
  /** timestamptz as the server writes it. */
  readonly time: string;
  readonly txid: bigint;
  /** How often it was delivered again; null the first time. */
  readonly retry: number | null;
  readonly type: string | null;
  readonly data: string | null;
  readonly extra1: string | null;
  readonly extra2: string | null;
  readonly extra3: string | null;
  readonly extra4: string | null;
}

/** What a producer gives. Everything but the type may be left out. */
export interface NewEvent {
  readonly type: string | null;
  readonly data?: string | null;
  readonly extra1?: string | null;
  readonly extra2?: string | null;
  readonly extra3?: string | null;
  readonly extra4?: string | null;
}
