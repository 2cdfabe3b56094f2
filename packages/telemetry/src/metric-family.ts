import type { Histogram } from './histogram.js';
import type { Labels } from './stats-monitor.js';

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** One combination of labels of a metric. */
export interface Series {
  readonly labels: Labels;
  value: number | Histogram;
}

/** All series of one name. */
export interface MetricFamily {
  readonly name: string;
  readonly type: MetricType;
  /** Labels as text to the series with these labels. */
  readonly series: Map<string, Series>;
}
