// Whether a session is in a transaction, seen from the statements that go through it. A session must not go back to its
// pool inside of one.

export class TransactionState {
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** To be called with every statement before it is sent. */
  sent(sql: string): void {
    const word = /^\s*([a-z]+)(\s+to\b)?/i.exec(sql);
    switch (word?.[1]?.toLowerCase()) {
      case "begin":
      case "start":
        this.#isOpen = true;
        break;
      case "commit":
      case "end":
      case "abort":
        this.#isOpen = false;
        break;
      case "rollback":
        if (word[2] === undefined) this.#isOpen = false;
        break;
    }
  }
}
