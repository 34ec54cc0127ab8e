export { formatDuration, parseDuration, parseSize, type DurationUnit, type SizeUnit } from "./duration.ts";
export { LifeCycle, type Closer } from "./life-cycle.ts";
export { Config } from "./config/config.ts";
export { emptyConfig, loadConfig, type ConfigDialect, type LoadConfigOptions } from "./config/load-config.ts";
export { expandHome, parseBool, parseBytes, parseDict, parseInteger, parseList, parseNumber } from "./config/values.ts";
export { logFormats, type LogFormat } from "./logging/line-formats.ts";
export { LogFile, type LogFileOptions } from "./logging/log-file.ts";
export {
  createLogger,
  logLevels,
  silentLogger,
  type Logger,
  type LoggerOptions,
  type LogLevel,
} from "./logging/logger.ts";
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
export { packageRoot, packageVersion } from "./package-root.ts";
export { stopSignals, watchSignals, type SignalWatch, type StopSignal } from "./signals.ts";
export { isRunning, ownIdentity, type ProcessIdentity } from "./process/identity.ts";
export { acquirePidfile, checkPidfile, readPidfile, type Pidfile, type PidfileState } from "./process/pidfile.ts";
export { endReaper, startReaper } from "./process/reaper.ts";
export { programSignals, signalProgram, type ProgramSignal, type SignalOutcome } from "./process/signal-program.ts";
export {
  Connections,
  type ConnectionRequest,
  type ConnectionsOptions,
  type Isolation,
  withExtra,
} from "./connections/connections.ts";
export { redact, redactedReason } from "./logging/redact.ts";
export { Health, type ComponentHealth, type HealthAnswer } from "./metrics/health.ts";
export { startMetricsServer, type MetricsServer, type MetricsServerOptions } from "./metrics/http-server.ts";
export { createMetrics, type HistogramDefinition, type MetricDefinition, type Metrics } from "./metrics/metrics.ts";
export { parseProgramLine, programSwitches, type ProgramAction, type ProgramLine } from "./program/command-line.ts";
export {
  defineProgram,
  programTable,
  sectionsOf,
  type OpenKeys,
  type ProgramArgument,
  type ProgramDefinition,
  type ProgramOptions,
  type ServiceValues,
} from "./program/define-program.ts";
export { runAsMain, runProgram } from "./program/run-program.ts";
export { processWorld, type ProgramWorld } from "./program/world.ts";
export type { Service } from "./program/service.ts";
export { serviceOptions } from "./program/service-options.ts";
export { readSettings, type Settings } from "./program/settings.ts";
export { Stats, type StatValue } from "./program/stats.ts";
export { helpText, sampleConfig, versionText } from "./program/texts.ts";
export type { LoopOptions, PassContext, Work, WorkState } from "./program/work-loop.ts";
