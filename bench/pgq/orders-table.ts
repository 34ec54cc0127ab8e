// The six-column table whose changes are captured, and the four ways in which it is changed.
import { pgbench, statements } from "../harness/clients.ts";
import type { Contest, Side, Size, Target } from "../harness/contest.ts";
import { emptyQueue } from "./queue.ts";

export interface CapturedTable {
  readonly table: string;
  readonly queue: string;
  /** What is measured, as the lines begin. */
  readonly title: string;
  readonly smallTarget: Target;
  readonly largeTarget: Target;
}

/** Rows that one-row updates choose from. */
const UPDATED_ROWS = 10_000;
const columns = "(customer, amount, paid, note, changed)";
const values = "'Jane Doe ' || n, n * 1.25, n % 2 = 0, 'first order of the year', timestamptz '2026-01-02'";

export async function createOrders(side: Side, table: string): Promise<void> {
  await side.client.query(
    `create table ${table} (id serial primary key, customer text, amount numeric, paid boolean, note text, changed timestamptz)`,
  );
}

const fill = (table: string, rows: number): string =>
  `insert into ${table} ${columns} select ${values} from generate_series(1, ${rows}) n`;

/** Four lines: insert and update, one row a statement and many rows in one statement. */
export function ordersContests(captured: CapturedTable, size: Size): Contest[] {
  const { table, queue, title, smallTarget, largeTarget } = captured;
  const emptied = async (side: Side): Promise<void> => {
    await statements(side, `truncate ${table} restart identity`);
    await emptyQueue(side, queue);
  };
  const filled = async (side: Side, rows: number): Promise<void> => {
    await emptied(side);
    await statements(side, `alter table ${table} disable trigger user`, fill(table, rows));
    await statements(side, `alter table ${table} enable trigger user`, `vacuum analyze ${table}`);
  };
  // Commits do not wait for the disk here: the wait would hide most of what a trigger costs.
  const options = { transactions: size.transactions, settings: { synchronous_commit: "off" } };
  const insertOne = `\\set n random(1, 1000000)\ninsert into ${table} ${columns} select ${values} from (values (:n::int)) v(n);\n`;
  const updateOne = `\\set n random(1, ${UPDATED_ROWS})\nupdate ${table} set amount = amount + 1 where id = :n;\n`;

  return [
    {
      name: `${title}, insert of one row`,
      amount: size.transactions,
      target: smallTarget,
      prepare: emptied,
      run: (side) => pgbench(side, insertOne, options),
    },
    {
      name: `${title}, update of one row`,
      amount: size.transactions,
      target: smallTarget,
      prepare: (side) => filled(side, UPDATED_ROWS),
      run: (side) => pgbench(side, updateOne, options),
    },
    {
      name: `${title}, insert of ${size.statementRows} rows`,
      amount: size.statementRows,
      target: largeTarget,
      prepare: emptied,
      run: (side) => statements(side, fill(table, size.statementRows)),
    },
    {
      name: `${title}, update of ${size.statementRows} rows`,
      amount: size.statementRows,
      target: largeTarget,
      prepare: (side) => filled(side, size.statementRows),
      run: (side) => statements(side, `update ${table} set amount = amount + 1`),
    },
  ];
}
