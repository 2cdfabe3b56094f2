/** Label to value. Values come from small sets (a method, a step), never from ids or user input. */
export type Labels = Readonly<Record<string, string>>;

/**
 * The agent's own figures: how often, how many, how long. Lossy by contract: returns at once, never throws, and gives up new
 * combinations of labels once there are too many.
 *
 * Names are `snake_case` with the unit at the end: `rpc_requests`, `rpc_request_duration_seconds`. One name has one type.
 */
export interface StatsMonitor extends AsyncDisposable {
  /** Adds to a counter. `by` is zero or more; default 1. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Sets a gauge. */
  gauge(name: string, value: number, labels?: Labels): void;
  /** Adds an observation to a histogram. */
  observe(name: string, value: number, labels?: Labels): void;
}
