// What the watch over silent connections must know of one.

/** What a connection is doing, seen from its own end. */
export interface Activity {
  /** Bytes in both directions, ever: the same number means that nothing moved. */
  readonly traffic: number;
  /** Of the statement that runs, so many bytes at most may still be on their way to the server. */
  readonly onTheWay: number;
  /** A statement runs, and we have read all that came. */
  readonly isWaiting: boolean;
  /** A COPY whose rows are still to come from elsewhere: the server rightly waits for us. */
  readonly isFeeding: boolean;
}
