// Which tables and sequences of a set a node is to know at all. Source: keys register_only_… and register_skip_….

export interface RegistrationFilter {
  /** Full names; empty: all. */
  readonly onlyTables: readonly string[];
  readonly skipTables: readonly string[];
  readonly onlySequences: readonly string[];
  readonly skipSequences: readonly string[];
}

export const everything: RegistrationFilter = { onlyTables: [], skipTables: [], onlySequences: [], skipSequences: [] };

export function isTableRegistered({ onlyTables, skipTables }: RegistrationFilter, name: string): boolean {
  return isWanted(onlyTables, skipTables, name);
}

export function isSequenceRegistered({ onlySequences, skipSequences }: RegistrationFilter, name: string): boolean {
  return isWanted(onlySequences, skipSequences, name);
}

function isWanted(only: readonly string[], skip: readonly string[], name: string): boolean {
  return (only.length === 0 || only.includes(name)) && !skip.includes(name);
}
