import { InProcessEvents } from '@bai/events';
import { bindDisposable, type Scope } from './scope.js';
import { EVENTS, LOGGER } from './tokens.js';

/** Where events go: without a cluster, nowhere but this process. */
export function bindEvents(scope: Scope): void {
  bindDisposable(
    scope,
    EVENTS,
    'events',
    ({ container }) => new InProcessEvents({ logger: container.resolve(LOGGER) }),
  );
}
