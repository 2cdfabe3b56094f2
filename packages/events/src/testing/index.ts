export {
  describeEventTransport,
  type EventTransportFaults,
  type EventTransportHarness,
  type EventTransportSuite,
} from './event-transport-suite.js';
export { exampleEvent, exampleEvents } from './example-events.js';
export { FaultyEvents } from './faulty-events.js';
