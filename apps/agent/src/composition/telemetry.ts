import { LoggingErrorMonitor, MetricsRegistry } from '@bai/telemetry';
import { bindDisposable, bindOnce, type Scope } from './scope.js';
import { ERROR_MONITOR, LOGGER, STATS_MONITOR } from './tokens.js';

/** Where errors and figures of the agent go. */
export function bindTelemetry(scope: Scope): void {
  bindOnce(scope, ERROR_MONITOR, ({ container }) => new LoggingErrorMonitor(container.resolve(LOGGER)));
  bindDisposable(scope, STATS_MONITOR, 'stats', () => new MetricsRegistry());
}
