export { formatDuration, parseDuration, parseSize, type DurationUnit, type SizeUnit } from "./duration.ts";
export { LifeCycle, type Closer } from "./life-cycle.ts";
export {
  createLogger,
  logFormats,
  logLevels,
  silentLogger,
  type LogFormat,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from "./logger.ts";
export { commonOptions } from "./options/common.ts";
export {
  defineOption,
  flagName,
  variableName,
  type OptionDefinition,
  type OptionType,
  type OptionTypes,
  type OptionValue,
} from "./options/define-option.ts";
export { optionHelp, type OptionHelp } from "./options/help.ts";
export { describeType, formatValue, parseOption } from "./options/parse-option.ts";
export {
  resolveOptions,
  unknownVariables,
  type GivenValues,
  type OptionSources,
  type OptionTable,
  type OptionValues,
} from "./options/resolve-options.ts";
export { retry, type RetryOptions } from "./retry.ts";
export { stopSignals, watchSignals, type SignalWatch, type StopSignal } from "./signals.ts";
