import { describe, expect, it } from 'vitest';
import { MetricsRegistry } from './metrics-registry.js';
import { describeStatsMonitor } from './testing/index.js';

describeStatsMonitor('MetricsRegistry', async () => {
  const monitor = new MetricsRegistry({ prefix: '' });
  return {
    monitor,
    value: (name, labels) => valueIn(monitor.render(), name, labels),
    [Symbol.asyncDispose]: () => monitor[Symbol.asyncDispose](),
  };
});

/** Reads a value back from the text. */
function valueIn(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const wanted = pairs.length === 0 ? '' : `{${pairs.sort().join(',')}}`;
  const heads = [`${name}_total`, name, `${name}_count`].map((metric) => `${metric}${wanted} `);
  const line = text.split('\n').find((each) => heads.some((head) => each.startsWith(head)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}

describe('MetricsRegistry', () => {
  it('prints the text form of Prometheus', () => {
    const registry = new MetricsRegistry({ prefix: 'bai_', buckets: [0.1, 1] });
    registry.gauge('kernels', 2, { state: 'running' });
    registry.count('rpc_requests', { method: 'ping' });
    registry.count('rpc_requests', { method: 'a "b"\\\n' }, 2);
    registry.observe('duration_seconds', 0.1);
    registry.observe('duration_seconds', 0.5);
    registry.observe('duration_seconds', 30);
    expect(registry.render()).toBe(
      [
        '# TYPE bai_duration_seconds histogram',
        'bai_duration_seconds_bucket{le="0.1"} 1',
        'bai_duration_seconds_bucket{le="1"} 2',
        'bai_duration_seconds_bucket{le="+Inf"} 3',
        'bai_duration_seconds_sum 30.6',
        'bai_duration_seconds_count 3',
        '# TYPE bai_kernels gauge',
        'bai_kernels{state="running"} 2',
        '# TYPE bai_rpc_requests_total counter',
        'bai_rpc_requests_total{method="ping"} 1',
        'bai_rpc_requests_total{method="a \\"b\\"\\\\\\n"} 2',
        '# TYPE bai_telemetry_refused_total counter',
        'bai_telemetry_refused_total 0',
        '',
      ].join('\n'),
    );
  });

  it('counts what it refuses: bad names and values, a second type, too many series and names', () => {
    const registry = new MetricsRegistry({ maxSeries: 1, maxNames: 2 });
    registry.count('not a name');
    registry.count('a', { 'not a label': 'x' });
    registry.observe('a', 1);
    registry.count('a', {}, -1);
    registry.count('a', { first: 'x' });
    registry.count('a', { second: 'x' });
    registry.gauge('b', 1);
    registry.gauge('c', 1);
    registry.observe('b', Number.NaN);
    registry.observe('h', 1, { le: '1' });
    expect(registry.refused).toBe(8);
    expect(registry.render()).toContain('bai_agent_telemetry_refused_total 8\n');
  });

  it('prints infinite gauges as Prometheus reads them', () => {
    const registry = new MetricsRegistry({ prefix: '' });
    registry.gauge('up', Number.POSITIVE_INFINITY);
    registry.gauge('down', Number.NEGATIVE_INFINITY);
    registry.gauge('none', Number.NaN);
    expect(registry.render()).toMatch(/down -Inf\n.*none NaN\n.*up \+Inf\n/s);
  });
});
