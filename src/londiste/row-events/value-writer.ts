/** Takes values one after the other. */
export interface ValueWriter {
  text(value: string | null): void;
  /** A text in UTF-8 that has neither quotes nor backslashes nor control characters. */
  plain(bytes: Buffer, start: number, end: number): void;
}
