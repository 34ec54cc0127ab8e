// The settings of a queue: their names here and in the database, their ranges, and how they are written there.
import { nearestName, SkytoolsError } from "../../errors/index.ts";

/** Settings of a queue; those that are left out stay as they are. */
export interface QueueSettings {
  /** A tick is made when this many events wait. 1 or more; the database's default is 500. */
  readonly tickerMaxCount?: number;
  /** … or when events wait and the last tick is this old. Milliseconds; 3000. */
  readonly tickerMaxLagMs?: number;
  /** Longest time between two ticks without events. Milliseconds; 60 000. */
  readonly tickerIdlePeriodMs?: number;
  /** No ticks at all; events are still accepted. */
  readonly tickerPaused?: boolean;
  /** Ticks come from outside: a branch of a cascade. */
  readonly externalTicker?: boolean;
  /** Wanted time between two rotations. Milliseconds, 1000 or more; 7 200 000. */
  readonly rotationPeriodMs?: number;
  /** insert_event is refused. */
  readonly disableInsert?: boolean;
  /** Most events of one transaction; null: no limit. */
  readonly perTxLimit?: number | null;
}

export interface SettingDefinition {
  readonly key: keyof QueueSettings;
  /** Column of pgq.queue without `queue_`. */
  readonly column: string;
  readonly type: "int" | "duration" | "bool";
  readonly min?: number;
  readonly max?: number;
  /** pgq.set_queue_config takes it; the others are written into the table. */
  readonly isFunctionParameter: boolean;
  readonly doc: string;
}

const YEAR_MS = 365 * 86_400_000;
const INT4_MAX = 2_147_483_647;

export const settingDefinitions: readonly SettingDefinition[] = [
  {
    key: "tickerMaxCount",
    column: "ticker_max_count",
    type: "int",
    min: 1,
    max: INT4_MAX,
    isFunctionParameter: true,
    doc: "tick when this many events wait",
  },
  {
    key: "tickerMaxLagMs",
    column: "ticker_max_lag",
    type: "duration",
    min: 0,
    max: YEAR_MS,
    isFunctionParameter: true,
    doc: "tick when events wait and the last tick is this old",
  },
  {
    key: "tickerIdlePeriodMs",
    column: "ticker_idle_period",
    type: "duration",
    min: 0,
    max: YEAR_MS,
    isFunctionParameter: true,
    doc: "longest time between two ticks without events",
  },
  {
    key: "tickerPaused",
    column: "ticker_paused",
    type: "bool",
    isFunctionParameter: true,
    doc: "no ticks; events are still accepted",
  },
  {
    key: "externalTicker",
    column: "external_ticker",
    type: "bool",
    isFunctionParameter: true,
    doc: "ticks come from outside (a branch of a cascade)",
  },
  {
    key: "rotationPeriodMs",
    column: "rotation_period",
    type: "duration",
    min: 1000,
    max: YEAR_MS,
    isFunctionParameter: true,
    doc: "wanted time between two rotations",
  },
  {
    key: "disableInsert",
    column: "disable_insert",
    type: "bool",
    isFunctionParameter: false,
    doc: "refuse new events",
  },
  {
    key: "perTxLimit",
    column: "per_tx_limit",
    type: "int",
    min: 0,
    max: INT4_MAX,
    isFunctionParameter: false,
    doc: "most events of one transaction; none: no limit",
  },
];

/** By column name, with or without `queue_`, `-` for `_`. @throws SETTING_INVALID with the nearest name */
export function settingNamed(name: string): SettingDefinition {
  const column = name
    .toLowerCase()
    .replaceAll("-", "_")
    .replace(/^queue_/, "");
  const found = settingDefinitions.find((setting) => setting.column === column);
  if (found !== undefined) return found;
  const names = settingDefinitions.map((setting) => setting.column);
  const nearest = nearestName(column, names);
  throw new SkytoolsError("SETTING_INVALID", `a queue has no setting "${name}"`, {
    hint: nearest === null ? `settings: ${names.join(", ")}` : `did you mean ${nearest}?`,
  });
}

export interface SettingChange {
  readonly definition: SettingDefinition;
  /** As the database takes it; null for "no limit". */
  readonly text: string | null;
}

/** Checks all values before the first is written. @throws SETTING_INVALID */
export function settingChanges(settings: QueueSettings): readonly SettingChange[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const definition = settingDefinitions.find((setting) => setting.key === key);
    if (definition === undefined) throw unknownKey(key);
    return value === undefined ? [] : [{ definition, text: toText(definition, value) }];
  });
}

function toText(definition: SettingDefinition, value: unknown): string | null {
  const { key, column, type, min = -Infinity, max = Infinity } = definition;
  if (key === "perTxLimit" && value === null) return null;
  if (type === "bool") {
    if (typeof value !== "boolean") throw invalid(column, value, "true or false");
    return String(value);
  }
  const isWhole = type === "duration" || Number.isInteger(value);
  if (typeof value !== "number" || !isWhole || !(value >= min && value <= max)) {
    throw invalid(column, value, `${type === "int" ? "a whole number" : "milliseconds"} from ${min} to ${max}`);
  }
  return type === "duration" ? `${value} milliseconds` : String(value);
}

function unknownKey(key: string): SkytoolsError {
  const names = settingDefinitions.map((setting) => setting.key);
  const nearest = nearestName(key, names);
  return new SkytoolsError("SETTING_INVALID", `a queue has no setting "${key}"`, {
    hint: nearest === null ? `settings: ${names.join(", ")}` : `did you mean ${nearest}?`,
  });
}

function invalid(column: string, value: unknown, expected: string): SkytoolsError {
  return new SkytoolsError("SETTING_INVALID", `${column} does not take ${String(value)}`, {
    hint: `expected: ${expected}`,
  });
}
