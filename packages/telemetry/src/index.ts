export type { ErrorContext, ErrorMonitor } from './error-monitor.js';
export { InProcessLogSink, type KeptLog } from './in-process-log-sink.js';
export { InProcessStatSink } from './in-process-stat-sink.js';
export type { LogSink } from './log-sink.js';
export { LoggingErrorMonitor } from './logging-error-monitor.js';
export { MetricsRegistry, type MetricsRegistryOptions } from './metrics-registry.js';
export { REDACTED, redactFields, redactingLogger, redactText } from './redact.js';
export type { StatSink } from './stat-sink.js';
export type { Labels, StatsMonitor } from './stats-monitor.js';
