import { Histogram } from './histogram.js';
import type { MetricFamily, MetricType, Series } from './metric-family.js';
import { renderFamily } from './prometheus-text.js';
import type { Labels, StatsMonitor } from './stats-monitor.js';

export interface MetricsRegistryOptions {
  /** Put before each name. Default `bai_agent_`. */
  readonly prefix?: string;
  /** Most combinations of labels per name. Default 1000. */
  readonly maxSeries?: number;
  /** Most names. Default 500. */
  readonly maxNames?: number;
  /** Upper bounds of histogram buckets, rising. Default 1 ms to 60 s, for durations in seconds. */
  readonly buckets?: readonly number[];
}

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

/** Keeps the agent's figures in memory and prints them in the text form of Prometheus. */
export class MetricsRegistry implements StatsMonitor {
  readonly #options: Required<MetricsRegistryOptions>;
  readonly #families = new Map<string, MetricFamily>();
  #refused = 0;

  constructor(options: MetricsRegistryOptions = {}) {
    this.#options = { prefix: 'bai_agent_', maxSeries: 1000, maxNames: 500, buckets: SECONDS, ...options };
  }

  count(name: string, labels: Labels = {}, by = 1): void {
    const series = by >= 0 ? this.#find(name, 'counter', labels) : this.#refuse();
    if (typeof series?.value === 'number') series.value += by;
  }

  gauge(name: string, value: number, labels: Labels = {}): void {
    const series = this.#find(name, 'gauge', labels);
    if (typeof series?.value === 'number') series.value = value;
  }

  observe(name: string, value: number, labels: Labels = {}): void {
    const series = Number.isNaN(value) ? this.#refuse() : this.#find(name, 'histogram', labels);
    if (series?.value instanceof Histogram) series.value.add(value);
  }

  /** Reports that were not kept: a bad name or value, a second type for a name, or too many series. */
  get refused(): number {
    return this.#refused;
  }

  /** All figures, sorted by name, in the text exposition format of Prometheus 0.0.4. Counters end in `_total`. */
  render(): string {
    const own: MetricFamily = {
      name: 'telemetry_refused',
      type: 'counter',
      series: new Map([['', { labels: {}, value: this.#refused }]]),
    };
    const families = [...this.#families.values(), own].sort((a, b) => (a.name < b.name ? -1 : 1));
    return families.map((family) => renderFamily(family, this.#options.prefix)).join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#families.clear();
  }

  #find(name: string, type: MetricType, labels: Labels): Series | undefined {
    const family = this.#families.get(name) ?? this.#addFamily(name, type);
    if (family?.type !== type) return this.#refuse();
    const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify(sorted);
    const present = family.series.get(key);
    if (present !== undefined) return present;
    if (family.series.size >= this.#options.maxSeries || !sorted.every(([label]) => isLabel(label)))
      return this.#refuse();
    const value = type === 'histogram' ? new Histogram(this.#options.buckets) : 0;
    const series: Series = { labels: Object.fromEntries(sorted), value };
    family.series.set(key, series);
    return series;
  }

  #addFamily(name: string, type: MetricType): MetricFamily | undefined {
    if (!NAME.test(name) || this.#families.size >= this.#options.maxNames) return undefined;
    const family: MetricFamily = { name, type, series: new Map() };
    this.#families.set(name, family);
    return family;
  }

  #refuse(): undefined {
    this.#refused += 1;
    return undefined;
  }
}

/** `le` names the buckets of histograms. */
const isLabel = (name: string): boolean => NAME.test(name) && name !== 'le';
