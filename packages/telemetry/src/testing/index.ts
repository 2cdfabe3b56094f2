export { describeErrorMonitor, type ErrorMonitorHarness } from './error-monitor-suite.js';
export { describeLogSink, type LogSinkHarness } from './log-sink-suite.js';
export { describeStatSink, exampleStats, type StatSinkHarness } from './stat-sink-suite.js';
export { describeStatsMonitor, type StatsMonitorHarness } from './stats-monitor-suite.js';
