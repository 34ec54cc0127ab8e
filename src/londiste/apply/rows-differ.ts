// A statement hit another number of rows than the events say. Never leaves this folder.

export class RowsDiffer extends Error {
  override readonly name = "RowsDiffer";
  readonly count: number;

  constructor(expected: number, count: number) {
    super(`${expected} rows were expected, ${count} were hit`);
    this.count = count;
  }
}
