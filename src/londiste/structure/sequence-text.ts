// The sequences behind identity and serial columns.
import { quoteFqname, quoteIdent, splitFqname } from "../../postgres/index.ts";
import type { SequenceStructure, TableStructure } from "./table-structure.ts";

export function sequenceOptions(sequence: SequenceStructure, { isIdentity }: { readonly isIdentity: boolean }): string {
  const { start, increment, min, max, cache, isCycled, type } = sequence;
  const cycle = isCycled ? " cycle" : "";
  const as = isIdentity ? "" : `as ${type} `;
  return `${as}start with ${start} increment by ${increment} minvalue ${min} maxvalue ${max} cache ${cache}${cycle}`;
}

/** Where they lack. A serial column's default names its sequence, so that must be there before the table. */
export function ownedSequenceStatements(table: TableStructure): string[] {
  return table.columns.flatMap(({ ownedSequence }) => {
    if (ownedSequence === null) return [];
    const options = sequenceOptions(ownedSequence, { isIdentity: false });
    return [
      `create schema if not exists ${quoteIdent(splitFqname(ownedSequence.name)[0])}`,
      `create sequence if not exists ${quoteFqname(ownedSequence.name)} ${options}`,
    ];
  });
}
